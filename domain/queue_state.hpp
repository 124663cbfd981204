#pragma once

#include <cstdint>

namespace usher::domain {

/// Where a person in the waiting room stands. Travels as its number: append only.
enum class queue_state : std::uint8_t {
  drawing,
  waiting,
  admitted,
  expired,
  closed,
  sold_out, ///< waits, while nothing is free and nobody holds what could come back; a cancelled order may free a place
};

/// Whether a person in this state stands in line.
[[nodiscard]] constexpr bool in_line(queue_state state) {
  return state == queue_state::drawing || state == queue_state::waiting || state == queue_state::sold_out;
}

/// The name clients see, e.g. `waiting`.
[[nodiscard]] const char* to_string(queue_state state);

} // namespace usher::domain
