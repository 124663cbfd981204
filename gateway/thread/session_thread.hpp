#pragma once

#include "codec/decode.hpp"
#include "codec/random.hpp"
#include "gateway/http/event_list.hpp"
#include "gateway/http/idempotency.hpp"
#include "gateway/http/key_guard.hpp"
#include "gateway/rate_limiter.hpp"
#include "gateway/shared_parts.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/incoming_budget.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/outgoing_queue.hpp"
#include "gateway/thread/pass_book.hpp"
#include "gateway/ws/kept_sessions.hpp"
#include "gateway/ws/queue_board.hpp"
#include "gateway/ws/seat_watch.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace usher::gateway {

/// A request counts once, and once more for every so many bytes: large ones are more work.
inline constexpr std::size_t bytes_per_request = 4096;
/// How many requests a request of so many bytes counts as.
[[nodiscard]] double requests_in(std::size_t bytes);

/// One thread of the gateway: a loop, the connections that live on it, and what they share. Everything here is
/// touched by this thread alone, so there are no locks; other threads `post`.
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
  [[nodiscard]] shared_parts& shared() noexcept { return shared_; }
  [[nodiscard]] const gateway::options& options() const noexcept { return shared_.options; }
  [[nodiscard]] const codec::tokens& tokens() const noexcept { return shared_.tokens; }
  [[nodiscard]] gateway_metrics& metrics() noexcept { return shared_.metrics; }
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

  [[nodiscard]] connection_table& connections() noexcept { return connections_; }
  [[nodiscard]] outgoing_budget& outgoing() noexcept { return outgoing_; }
  [[nodiscard]] incoming_budget& incoming() noexcept { return incoming_; }
  [[nodiscard]] outbox& requests() noexcept { return outbox_; }
  [[nodiscard]] gateway::directory& directory() noexcept { return directory_; }
  [[nodiscard]] event_list& events() noexcept { return events_; }
  [[nodiscard]] buyer_index& buyers() noexcept { return buyers_; }
  [[nodiscard]] pass_book& passes() noexcept { return passes_; }
  [[nodiscard]] kept_sessions& kept() noexcept { return kept_; }
  [[nodiscard]] seat_watch& seats() noexcept { return seats_; }
  [[nodiscard]] queue_board& queue() noexcept { return queue_; }
  [[nodiscard]] key_guard& keys() noexcept { return keys_; }
  [[nodiscard]] idempotency_table& repeats() noexcept { return repeats_; }
  [[nodiscard]] codec::frame_decoder& decoder() noexcept { return decoder_; }

  /// Call before adding that many bytes to what is to be sent: when it would be more than it may be, ends those
  /// connections that have most of it. The caller may be among them.
  void make_room_for(std::size_t bytes);
  /// A new id for one request, for all log lines about it.
  [[nodiscard]] messages::trace_id draw_trace();
  /// The store's time. All deadlines that people count down to are in it; a step of this machine's clock does not
  /// change it.
  [[nodiscard]] domain::instant now() const { return shared_.now(); }
  /// Checks a buyer's token. A shop writes its own clock's time into it, so this machine's clock counts for those; the
  /// claims' end is in this gateway's time.
  [[nodiscard]] codec::verified<codec::buyer_claims> verify_buyer(std::string_view token) const;
  /// The problem to answer with while some events may not be known here yet; nothing later.
  [[nodiscard]] std::optional<codec::problem> still_starting() const;
  /// The answer to whoever names an event that is not known here.
  [[nodiscard]] codec::problem no_such_event() const;
  /// Whether limits by address count this client.
  [[nodiscard]] bool is_limited(const visitor& from) const;
  /// Counts a request from an address, with so many bytes beyond its head; the problem, if there are too many.
  [[nodiscard]] std::optional<codec::problem> too_often(const visitor& from, std::size_t bytes);
  /// Counts a request from a buyer, wherever they come from; the problem, if there are too many.
  [[nodiscard]] std::optional<codec::problem> too_often(const domain::buyer_id& buyer, std::size_t bytes);
  /// Counts a hold that a buyer gives back. Each hold and its end are written for ever, so nobody takes and gives back
  /// without end.
  [[nodiscard]] std::optional<codec::problem> gives_back_too_often(const domain::buyer_id& buyer, const visitor& from);
  /// Says once in the log that somebody forwards requests from this machine and is not listed as a trusted proxy.
  void warn_of_proxy();
  /// What a buyer is told about a place in a waiting room, with the tokens that go with it.
  [[nodiscard]] codec::queue_answer queue_answer_for(const domain::event_id& event, const domain::buyer_id& buyer,
                                                     const domain::queue_place& place);
  /// Has all connections end, in groups spread over this time, and calls `done` once none is left.
  void drain(std::chrono::milliseconds spread, std::function<void()> done);
  /// Takes over the session with this name from whichever thread has it, for the session `heir` of this thread, and
  /// calls `then` on this thread.
  void resume(const std::string& session, const domain::buyer_id& buyer, const std::string& heir,
              std::function<void(std::optional<kept_session>)> then);
  /// The client goes on with `heir` for certain: the session that was taken over for it is forgotten.
  void use_up(const std::string& session, const std::string& heir);

private:
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  void hand_over(std::vector<delivery> group);
  void take(answered&& one) { outbox_.answered(one.number, std::move(one.what)); }
  void take(messages::seats_changed&& news) { seats_.changed(std::move(news)); }
  void take(messages::hold_expired&& news);
  void take(messages::order_changed&& news);
  void take(const messages::people_admitted& news) { queue_.admitted(news); }
  void take(const messages::place_given_up& news) { queue_.given_up(news); }
  void take(messages::queue_moved&& news) { queue_.moved(std::move(news)); }
  void take(messages::event_announced&& news);

  [[nodiscard]] std::optional<codec::problem> judge(const rate_limiter::verdict& verdict);
  void run();
  void drain_group(std::size_t size);
  void arm_sweep();
  void sweep();
  /// The thread that has the session with this name; null if no thread of ours has given it.
  [[nodiscard]] session_thread* home_of(const std::string& session);
  /// Runs `work` on its home thread: at once if that is this one. Without a home nothing happens.
  void at_home_of(const std::string& session, std::function<void(session_thread&)> work);
  [[nodiscard]] std::optional<kept_session> give_up(const std::string& session, const domain::buyer_id& buyer,
                                                    const std::string& heir);
  /// Closes the connection of a session that another one goes on with; `keep`: so that this other one finds it.
  void end_session(const std::string& session, const domain::buyer_id& buyer, bool keep);

  shared_parts& shared_;
  std::size_t number_;
  std::uint64_t next_trace_;
  std::uint64_t trace_key_ = codec::random_number();
  unsigned turns_ = 0;
  bool stopping_ = false;

  messages::gateway_actor bridge_;
  outbox outbox_;
  gateway::directory directory_;
  connection_table connections_;
  outgoing_budget outgoing_;
  incoming_budget incoming_;
  event_list events_{*this};
  buyer_index buyers_;
  kept_sessions kept_;
  seat_watch seats_;
  pass_book passes_;
  queue_board queue_;
  key_guard keys_{shared_.options};
  idempotency_table repeats_;
  codec::frame_decoder decoder_;

  // Last, so that it is destroyed first: its pending work may hold connections, which use the members above.
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_;
  timer sweeper_;
  timer drainer_;
  std::thread thread_;
};

} // namespace usher::gateway
