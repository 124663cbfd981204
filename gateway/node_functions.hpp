#pragma once

#include "domain/decision.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"
#include "messages/trace.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

/// What a node does for its gateway.
namespace usher::gateway {

/// Why the node is not ready for buyers, or nothing. Called on the gateway's threads, must not block.
using readiness = std::function<std::optional<std::string>()>;

/// The store's time: all deadlines that people count down to are in it, and a step of this machine's clock does not
/// change it. Called on the gateway's threads, must not block.
using time_source = std::function<domain::instant()>;

/// Whether the node may answer just now: nobody else can have taken over what it serves. Called by the gateway's actors
/// on any thread, several at a time; must not block.
using right_to_answer = std::function<bool()>;

/// The audit's verdict as a JSON object, or why there is none.
using audit_answer = std::variant<std::string, domain::refusal>;
/// Runs an event's audit, for a request, on a thread of its own and calls back from there.
using audit = std::function<void(messages::trace_id, const domain::event_id&, std::function<void(audit_answer)>)>;

enum class cluster_call : std::uint8_t {
  status,    ///< who lives, and who has which shards
  drain,     ///< has a node give its shards to the others
  undrain,   ///< has it take shards again
  rebalance, ///< has all nodes move every shard to its place
};

/// What an operator asks of the nodes that share a store, whichever of them is asked.
struct cluster_request {
  messages::trace_id trace;
  cluster_call what = cluster_call::status;
  std::string node{}; ///< by its name, if the call is about one
};
/// What was asked does not fit how the nodes stand; why, in a sentence.
struct cluster_conflict {
  std::string why;
};
/// How the nodes stand, as a JSON object; or why nothing was done.
using cluster_answer = std::variant<std::string, domain::refusal, cluster_conflict>;
/// Serves such a request, on a thread of its own, and calls back from there.
using cluster_desk = std::function<void(cluster_request, std::function<void(cluster_answer)>)>;

} // namespace usher::gateway
