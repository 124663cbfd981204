#pragma once

#include <cstdint>

namespace usher::domain {

/// What a seat is to its section.
enum class seat_state : std::uint8_t { free, held, paying, sold, blocked };

/// The character clients see: `.` free, `H` held or paying, `S` sold, `B` blocked.
[[nodiscard]] constexpr char to_char(seat_state state) noexcept {
  switch (state) {
    case seat_state::held:
    case seat_state::paying:
      return 'H';
    case seat_state::sold:
      return 'S';
    case seat_state::blocked:
      return 'B';
    case seat_state::free:
      break;
  }
  return '.';
}

} // namespace usher::domain
