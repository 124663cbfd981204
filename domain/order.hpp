#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::domain {

/// One order: a saga whose every step is a fact.
///
///   started → charging → charged → confirmed → cancelling → cancelled
///      ↓          ↓          ↓
///   failed     failed    refunding → refunded | cancelled
///
/// A started order whose buyer was told that it was not written becomes `unacknowledged` and is nobody's any more.
/// A buyer who cancels before the order is confirmed gets the money back if it arrives, and `cancelled`: from the
/// moment of `order_cancel_requested` it cannot be confirmed any more.
class order {
public:
  explicit order(const order_started& happened);

  /// May the order go to `next` from where it is? `already_so` when it is there (or beyond it, on the
  /// way that leads through it); `in_progress` when another step must come first, and instead of `confirmed` when the
  /// buyer has cancelled.
  [[nodiscard]] decision<order_advanced> advance(order_state next, std::string reason, instant now) const;

  /// Its buyer cancels it before it is confirmed. `already_so` when that is known, or it goes back or is over; a
  /// confirmed one is undone by `advance` to `cancelling`.
  [[nodiscard]] decision<order_cancel_requested> request_cancel(instant now) const;

  void apply(const order_advanced& happened);
  void apply(const order_cancel_requested& happened);

  [[nodiscard]] const order_started& details() const noexcept { return details_; }
  [[nodiscard]] order_state state() const noexcept { return state_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// Set from `started` until a final state: somebody must carry it on.
  [[nodiscard]] bool under_way() const noexcept;
  /// Whether it is in this state or came through it.
  [[nodiscard]] bool visited(order_state state) const noexcept;
  /// Since when its buyer does not want it, if they said so before it was confirmed.
  [[nodiscard]] std::optional<instant> cancel_requested_at() const noexcept { return cancel_requested_at_; }

  friend bool operator==(const order&, const order&) = default;

private:
  order_started details_;
  order_state state_ = order_state::started;
  std::string reason_;
  std::optional<instant> cancel_requested_at_;
  std::uint32_t visited_ = 1U << static_cast<unsigned>(order_state::started); ///< one bit for each state it was in
};

} // namespace usher::domain
