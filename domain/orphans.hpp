#pragma once

#include "domain/seat_rows.hpp"
#include "domain/seat_state.hpp"

#include <optional>
#include <span>
#include <vector>

/// Single seats that a choice would leave alone: nobody likes to buy them. An aisle ends a row (`seat_rows`).
namespace usher::domain {

/// Whether taking the free seats of `wanted`, all in `row`, leaves a free seat next to them alone between taken seats
/// or row ends. O(1).
[[nodiscard]] bool leaves_orphan(std::span<const seat_state> states, seat_range row, seat_range wanted);

/// A choice of seats that leaves others alone.
struct lonely_choice {
  std::vector<plan_index> orphans; ///< the seats that it newly leaves alone
  std::vector<plan_index> better;  ///< as many seats that leave none alone
};

/// Looks for seats that a choice of free seats newly leaves alone. The better choice is in the same rows, in the same
/// gaps between taken seats if possible, of the same categories if possible, as near as possible. Nothing when the
/// choice leaves nobody alone, or when its rows have no better one; so a better choice is always allowed.
/// O(wanted × log wanted + seats of the rows in question).
[[nodiscard]] std::optional<lonely_choice> find_orphans(const seat_rows& rows, std::span<const seat_state> states,
                                                        std::span<const plan_index> wanted);

} // namespace usher::domain
