#pragma once

#include <cstdint>

namespace usher::domain {

/// What a seat is to its section.
enum class seat_state : std::uint8_t { free, held, paying, sold, blocked };

/// The character clients see: `.` free, `H` held or paying, `S` sold, `B` blocked.
[[nodiscard]] char to_char(seat_state state);

} // namespace usher::domain
