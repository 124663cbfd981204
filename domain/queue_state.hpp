#pragma once

#include <cstdint>

namespace usher::domain {

/// Where a person in the waiting room stands.
enum class queue_state : std::uint8_t { drawing, waiting, admitted, expired, closed };

/// The name clients see, e.g. `waiting`.
[[nodiscard]] const char* to_string(queue_state state);

} // namespace usher::domain
