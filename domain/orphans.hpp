#pragma once

#include "domain/decision.hpp"
#include "domain/seat_rows.hpp"
#include "domain/seat_state.hpp"

#include <optional>
#include <span>

/// Single seats that a choice would leave alone: nobody likes to buy them. An aisle ends a row (`seat_rows`).
namespace usher::domain {

/// Whether taking the free seats of `wanted`, all in `row`, leaves a free seat next to them alone between taken seats
/// or row ends. O(1).
[[nodiscard]] bool leaves_orphan(std::span<const seat_state> states, seat_range row, seat_range wanted);

/// Refuses a choice of free seats that newly leaves a seat alone. Suggests as many seats that leave none: in the same
/// rows, in the same gaps between taken seats if possible, of the same categories if possible, as near as possible. A
/// choice is allowed when its row has no better one; so a suggestion is always allowed.
/// O(wanted × log wanted + seats of the rows in question).
[[nodiscard]] std::optional<refusal> refuse_orphans(const seat_rows& rows, std::span<const seat_state> states,
                                                    std::span<const seat_no> wanted);

} // namespace usher::domain
