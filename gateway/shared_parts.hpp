#pragma once

#include "codec/tokens.hpp"
#include "domain/decision.hpp"
#include "domain/instant.hpp"
#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/http/compressor.hpp"
#include "gateway/options.hpp"
#include "messages/interfaces.hpp"
#include "messages/trace.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace caf {
class actor_system;
}

namespace usher::gateway {

class session_thread;

/// Why the node is not ready for buyers, or nothing. Called on the gateway's threads, must not block.
using readiness = std::function<std::optional<std::string>()>;

/// The time of everything that has a deadline. Called on the gateway's threads, must not block.
using time_source = std::function<domain::instant()>;

/// The audit's verdict as a JSON object, or why there is none.
using audit_answer = std::variant<std::string, domain::refusal>;
/// Runs an event's audit, for a request, on a thread of its own and calls back from there.
using audit = std::function<void(messages::trace_id, const domain::event_id&, std::function<void(audit_answer)>)>;

/// What all threads of one gateway share: never changed while they run, or thread-safe.
struct shared_parts {
  /// So many buyers behind one address may give holds back as fast as each of them may.
  static constexpr double releasing_buyers = 10;

  gateway::options options;
  codec::tokens tokens;
  networks proxies;
  networks unlimited; ///< see `options::unlimited_networks`
  caf::actor_system& system;
  messages::router_actor router;
  readiness unready;
  gateway::audit audit;
  time_source now;
  gateway_metrics metrics;
  std::atomic<bool> starting = true; ///< until all events of the store are known: see `server::await_events`
  std::atomic<bool> draining = false;
  std::atomic<bool> warned_of_proxy = false; ///< see `session_thread::warn_of_proxy`
  buyer_places places{};
  buyer_places operators_places{};
  address_rate_limiter address_rates{options.per_address};
  shared_rate_limiter buyer_rates{options.per_buyer};
  shared_rate_limiter release_rates{options.releases};
  address_rate_limiter address_release_rates{{.per_s = options.releases.per_s * releasing_buyers,
                                              .burst = options.releases.burst * releasing_buyers,
                                              .keys_max = options.per_address.keys_max}};
  compressor packer{};
  std::vector<session_thread*> threads{}; ///< by their number; the last one serves operators
};

} // namespace usher::gateway
