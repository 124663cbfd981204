#pragma once

#include "domain/decision.hpp"
#include "messages/type_ids.hpp"

#include <caf/error.hpp>

/// A domain's refusal as an actor's error reply, and back.
namespace usher::messages {

[[nodiscard]] caf::error to_error(const domain::refusal& why);
[[nodiscard]] caf::error to_error(domain::rejection reason);

/// Returns what `to_error` was given. Errors of the actor system itself (an actor that is gone, a request that took too
/// long) become `overloaded`: nothing was promised, and trying again is right.
[[nodiscard]] domain::refusal to_refusal(const caf::error& error);

} // namespace usher::messages
