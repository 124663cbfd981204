#pragma once

#include "gateway/listener.hpp"
#include "gateway/shared_parts.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace usher::gateway {

/// What a node gives its gateway.
struct server_parts {
  caf::actor_system& system;
  messages::router_actor router;
  std::string own_secret;       ///< at least 32 random bytes, shared by all nodes of one store
  readiness unready;            ///< if empty: always ready
  gateway::audit audit;         ///< if empty: there is none
  cluster_desk cluster;         ///< if empty: there is none
  time_source now{};            ///< if empty: this machine's clock
  right_to_answer may_answer{}; ///< if empty: always
};

/// The gateway: serves buyers and operators until it is stopped.
class server {
public:
  /// Throws `std::invalid_argument`, with the option's name, when an option is invalid.
  server(options configured, server_parts parts);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds both ports and serves. Throws `cannot_listen`; then nothing runs.
  void start();
  /// Waits until every thread has heard of these events, since announcements by the router take a moment to arrive;
  /// false when one has not by then. Until this returns, whoever names an unknown event is told to come back;
  /// afterwards, that there is no such event.
  [[nodiscard]] bool await_events(const std::vector<domain::event_id>& events,
                                  std::chrono::steady_clock::time_point until);
  /// Says at `/readyz` that it is draining, and with each HTTP answer that the connection ends; but goes on serving
  /// whoever comes, so that those who send clients here have time to notice.
  void announce_end();
  /// Has WebSocket clients go on at other nodes, at times spread evenly over `spread`; who has not gone by then is sent
  /// when what they asked is answered. Those that come meanwhile are sent on likewise: it goes on listening. Does not
  /// block.
  void send_away(std::chrono::milliseconds spread);
  /// Waits until nobody is left whom `send_away` sends, or until `until`. Blocks.
  void await_leaving(std::chrono::steady_clock::time_point until);
  /// Nothing ends: takes `announce_end` and `send_away` back. Does not block.
  void go_on();
  /// Accepts nothing more, tells WebSocket clients to come back elsewhere, finishes what is in flight, and closes; if
  /// there are many connections, one group after another within half of the time, five seconds at most. Returns when
  /// all connections are closed, or after `within`. Blocks.
  void drain(std::chrono::seconds within);
  /// Closes what is still open, and waits for all threads. Repeating it does nothing.
  void stop();

  /// The bound ports, after `start`.
  [[nodiscard]] std::uint16_t buyers_port() const;
  [[nodiscard]] std::uint16_t operators_port() const;
  [[nodiscard]] std::size_t connections() const;

private:
  using completion = std::function<void()>;

  void stop_listening();
  /// Has `begin` called on every thread, and waits until all have called `done`; false when one has not in time.
  bool on_all_threads(const std::function<void(session_thread&, completion done)>& begin,
                      std::chrono::steady_clock::time_point until);

  std::unique_ptr<shared_parts> shared_;
  std::vector<std::unique_ptr<session_thread>> threads_; ///< the last one is the operators'
  std::unique_ptr<listener> buyers_;
  std::unique_ptr<listener> operators_;
  bool drained_ = false;
};

} // namespace usher::gateway
