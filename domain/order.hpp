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
/// A started order whose buyer was told that it was not written becomes `unacknowledged` and is never carried on. If a
/// buyer cancels before the order is confirmed, it can no longer be confirmed from the moment of
/// `order_cancel_requested`: the money goes back if it arrives, and the order ends `cancelled`.
class order {
public:
  explicit order(const order_started& happened);

  /// May the order go to `next` from where it is? `already_so` when it is there (or has passed through it);
  /// `in_progress` when another step must come first, and instead of `confirmed` when the buyer has cancelled.
  [[nodiscard]] decision<order_advanced> advance(order_state next, std::string reason, instant now) const;

  /// Its buyer cancels it before it is confirmed. `already_so` when that is known, or when the order is being refunded
  /// or is over; a confirmed one is undone by `advance` to `cancelling`.
  [[nodiscard]] decision<order_cancel_requested> request_cancel(instant now) const;

  void apply(const order_advanced& happened);
  void apply(const order_cancel_requested& happened);

  [[nodiscard]] const order_started& details() const noexcept { return details_; }
  [[nodiscard]] order_state state() const noexcept { return state_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// True from `started` until a final state: somebody must carry it on.
  [[nodiscard]] bool under_way() const noexcept;
  /// Whether it is in this state or passed through it.
  [[nodiscard]] bool visited(order_state state) const noexcept;
  /// When its buyer cancelled it, if that was before it was confirmed.
  [[nodiscard]] std::optional<instant> cancel_requested_at() const noexcept { return cancel_requested_at_; }

  friend bool operator==(const order&, const order&) = default;

private:
  order_started details_;
  order_state state_ = order_state::started;
  std::string reason_;
  std::optional<instant> cancel_requested_at_;
  std::uint32_t visited_ = 1U << static_cast<unsigned>(order_state::started); ///< one bit for each state it has been in
};

} // namespace usher::domain
