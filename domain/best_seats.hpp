#pragma once

#include "domain/seat_rows.hpp"
#include "domain/seat_state.hpp"
#include "domain/seating_plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace usher::domain {

/// How well the seats that `best` finds must fit together.
enum class togetherness : std::uint8_t {
  together, ///< in one row, side by side, with no aisle between them
  anyhow,   ///< side by side if possible, else near each other, else across rows
};

/// The best `quantity` places, of one category or of any.
struct best_wish {
  std::uint32_t quantity = 1;
  std::optional<category_no> category{};
  togetherness fit = togetherness::anyhow;
  /// No seat of a worse grade will do.
  seat_grade worst = seat_grade::wheelchair;
};

/// The best free seats of a seated section for a wish, in plan order; none when not enough of them fit.
///
/// The best are, in this order: side by side in one row without an aisle, leaving no seat alone; side by side in one
/// row; nearest to each other in the hall, in one row or across rows. Among equals the first in plan order win. Seats
/// with a restricted view come after plain ones that fit as well, wheelchair places and their companions' seats after
/// all others; and a wheelchair place that is free is never parted from the free companion's seat that belongs to it
/// (`seat_rows::are_companions`). O(seats).
[[nodiscard]] std::vector<plan_index> best_seats(const section_plan& plan, const seat_rows& rows,
                                                 std::span<const seat_state> states, const best_wish& wanted);

} // namespace usher::domain
