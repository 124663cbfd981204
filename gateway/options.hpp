#pragma once

#include "codec/problem.hpp"
#include "codec/tokens.hpp"
#include "gateway/rate_limiter.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace usher::gateway {

/// An address to listen on; port 0 lets the system choose.
struct listen_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

/// All settings of the gateway. Every limit has a default; `node` declares them for the configuration.
struct options {
  listen_address buyers{"127.0.0.1", 8080};
  listen_address operators{"127.0.0.1", 8081};
  std::string admin_key;                                 ///< may be empty only if operators' address is a loopback one
  bool metrics_need_key = true;                          ///< whether GET /metrics requires the admin key
  std::size_t threads = 1;                               ///< for buyers; operators have one of their own
  std::string problem_base{codec::default_problem_base}; ///< what problem types begin with

  bool anonymous = true;               ///< anybody may get a buyer's token, signed by Usher
  std::vector<codec::shop_key> shop{}; ///< the keys that the shop's tokens are signed with; needed unless `anonymous`

  std::size_t frame_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 64 * 1024;        ///< of a buyer's request
  std::size_t plan_bytes_max = 64 * 1024 * 1024; ///< of an operator's request
  std::size_t header_bytes_max = 16 * 1024;

  std::size_t connections_max = 100'000;
  std::size_t connections_per_address_max = 500; ///< but for `unlimited_networks`, and loopback unless it is limited
  std::size_t newcomers_per_address_max = 200;   ///< those of them without a request, or a WebSocket's `hello`, so far
  std::size_t operators_connections_max = 256;
  std::size_t outgoing_bytes_max = 1024 * 1024;       ///< queued for one connection
  std::size_t outgoing_frames_max = 4096;             ///< queued for one connection
  std::size_t queued_bytes_max = 512 * 1024 * 1024;   ///< queued for all; each thread has an equal part of it
  std::size_t incoming_bytes_max = 512 * 1024 * 1024; ///< still arriving on all; half of it is for operators
  std::size_t requests_max = 20'000;                  ///< unanswered, in one thread
  std::size_t connection_requests_max = 64;           ///< unanswered, of one connection
  std::size_t watches_max = 256;                      ///< sections that one connection watches
  std::size_t queues_max = 16;                        ///< waiting rooms that one connection waits in
  std::size_t kept_sessions_max = 100'000;            ///< disconnected, waiting to be resumed
  std::size_t passes_max = 1'000'000;                 ///< void before their end, and remembered

  std::chrono::seconds header_timeout{10};    ///< for a request to arrive, and for a WebSocket's `hello`
  std::chrono::seconds idle_timeout{60};      ///< without a sign of life
  std::chrono::seconds write_timeout{30};     ///< for one WebSocket frame to be written
  std::chrono::seconds heartbeat{20};         ///< between two heartbeats of a WebSocket
  std::chrono::seconds request_timeout{10};   ///< for the rest of Usher to answer
  std::chrono::seconds operators_timeout{60}; ///< the same for an operator's request
  std::chrono::seconds audit_timeout{600};    ///< the same for an audit, which replays all that ever happened
  std::chrono::seconds session_grace{60};     ///< how long a lost session can be resumed
  std::chrono::seconds pass_ttl{600};
  std::chrono::seconds token_ttl{86'400}; ///< of anonymous buyers, queue places and sessions

  rate_limits per_buyer{20, 60, 200'000};
  rate_limits per_address{200, 600, 200'000};
  rate_limits releases{0.2, 20, 200'000};      ///< holds that one buyer gives back
  bool limit_loopback = true;                  ///< whether limits by address count programs of this machine, too
  std::uint32_t strikes_max = 100;             ///< refusals for coming too often before a connection is closed
  std::vector<std::string> allowed_origins;    ///< of pages that may use the buyers' port; `*` for all
  std::vector<std::string> unlimited_networks; ///< addresses or networks whose connections are not limited by address
  bool proxy_protocol = false;                 ///< buyers' connections come from trusted proxies that speak it
  std::vector<std::string> trusted_proxies;    ///< addresses or networks whose word about clients counts
};

/// How much may be arriving on one of the buyers' threads, and on the operators'. A buffer that grows may become twice
/// as large as what it is for: each part must hold one such buffer.
[[nodiscard]] inline std::size_t buyers_incoming_bytes(const options& configured) {
  return configured.incoming_bytes_max / 2 / configured.threads;
}
[[nodiscard]] inline std::size_t operators_incoming_bytes(const options& configured) {
  return configured.incoming_bytes_max / 2;
}
/// Whether every request that may come at all can be read by a thread that has nothing else to do.
[[nodiscard]] inline bool can_read_all(const options& configured) {
  return buyers_incoming_bytes(configured) >= 2 * std::max(configured.body_bytes_max, configured.frame_bytes_max)
         && operators_incoming_bytes(configured) >= 2 * configured.plan_bytes_max;
}

} // namespace usher::gateway
