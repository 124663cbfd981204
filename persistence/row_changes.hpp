#pragma once

#include "persistence/booking_store.hpp"

#include <vector>

/// The tables beside the journal are projections: this says what each fact does to them.
namespace usher::persistence {

/// What a fact does to one row of the sold seats.
struct seat_change {
  domain::section_no section;
  domain::seat_no seat;
  std::uint32_t version = 0;
  bool sold = false;
  domain::order_id order;
  const domain::buyer_id* buyer = nullptr; ///< of the fact; null when the seat was returned
  domain::minor_units price = 0;

  /// The seat's first sale makes its row; every later change swaps the previous version.
  [[nodiscard]] bool makes_row() const noexcept { return sold && version == 1; }
};

/// What a fact does to one row of the orders: `started` makes it, or takes it over from an order for which no money
/// moved (it failed, was never acknowledged, or cost nothing and was undone); any other fact changes its state.
struct order_change {
  domain::order_id order;
  const domain::order_started* started = nullptr;
  domain::order_state state = domain::order_state::started;
};

// The adapters' statements have these as numbers.
static_assert(static_cast<int>(domain::order_state::started) == 0 && static_cast<int>(domain::order_state::failed) == 4
              && static_cast<int>(domain::order_state::refunded) == 6
              && static_cast<int>(domain::order_state::cancelled) == 8
              && static_cast<int>(domain::order_state::unacknowledged) == 9);

/// Both refer into `entry`.
void append_seat_changes(const journal_entry& entry, std::vector<seat_change>& changes);
[[nodiscard]] std::optional<order_change> order_change_of(const journal_entry& entry);

} // namespace usher::persistence
