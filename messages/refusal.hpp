#pragma once

#include "domain/decision.hpp"
#include "messages/type_ids.hpp"

#include <caf/error.hpp>

/// A domain's refusal as an actor's error reply, and back.
namespace usher::messages {

[[nodiscard]] caf::error to_error(const domain::refusal& why);
[[nodiscard]] caf::error to_error(domain::rejection reason);

/// Returns what `to_error` was given. This is the one place that says what an error of the actor system itself means
/// (an actor that is gone, a promise that was dropped, a request that took too long): `outcome_unknown`. Whoever was
/// asked may have done it before, or may still do it, so it is never `overloaded`, which is said only of what is not
/// done.
[[nodiscard]] domain::refusal to_refusal(const caf::error& error);

} // namespace usher::messages
