#pragma once

#include "gateway/shared_parts.hpp"
#include "gateway/socket.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/thread_parts.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace usher::gateway {

/// One thread of the gateway: a loop, the connections that live on it, and what they share. Everything here is touched
/// by this thread alone, so there are no locks; other threads `post`.
class session_thread {
public:
  session_thread(shared_parts& shared, std::size_t number);
  ~session_thread();
  session_thread(const session_thread&) = delete;
  session_thread& operator=(const session_thread&) = delete;

  /// Starts the bridge and the loop.
  void start();
  /// Closes all connections, ends the loop and the bridge, and waits for both.
  void stop();
  /// Runs `work` on this thread, soon. May be called from any thread.
  void post(std::function<void()> work);
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

  // ---- on this thread ----

  /// Serves a fresh connection, whose socket is this context's.
  void serve(tcp_socket socket, http_port port, buyer_places::place place, reception how);
  /// Calls `then` once all of these events are known: see `directory`.
  void when_known(std::vector<domain::event_id> events, std::function<void()> then);
  /// Has clients go to other nodes, evenly over this time, and those that come meanwhile likewise; goes on serving.
  void send_away(std::chrono::milliseconds spread);
  /// Calls `then` once nobody is left who has to go: at once, or while they are sent away.
  void when_all_left(std::function<void()> then);
  /// Whoever is still here may stay.
  void let_stay();
  /// Has all connections end, in groups spread over this time, and calls `done` once none is left.
  void drain(std::chrono::milliseconds spread, std::function<void()> done);

private:
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  [[nodiscard]] thread_links links();
  void hand_over(std::vector<delivery> group);
  void take(answered&& one) { parts_.requests.answered(one.number, std::move(one.what)); }
  void take(messages::seats_changed&& news) { parts_.seats.changed(std::move(news)); }
  void take(messages::hold_expired&& news);
  void take(messages::order_changed&& news);
  void take(const messages::people_admitted& news) { parts_.queue.admitted(news); }
  void take(const messages::place_given_up& news) { parts_.queue.given_up(news); }
  void take(messages::queue_moved&& news) { parts_.queue.moved(std::move(news)); }
  void take(messages::event_announced&& news);

  void run();
  void go_on_sending_away();
  void drain_group(std::size_t size);
  void arm_sweep();
  void sweep();

  shared_parts& shared_;
  unsigned turns_ = 0;
  bool stopping_ = false;

  messages::gateway_actor bridge_;
  thread_parts parts_;

  // Last, so that it is destroyed first: its pending work may hold connections, which use the members above.
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_;
  timer sweeper_;
  timer drainer_;
  timer farewells_; ///< while clients are sent away
  std::optional<std::chrono::milliseconds> away_within_;
  std::function<void()> none_left_;
  std::thread thread_;
};

} // namespace usher::gateway
