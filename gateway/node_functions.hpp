#pragma once

#include "domain/decision.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"
#include "messages/trace.hpp"

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

} // namespace usher::gateway
