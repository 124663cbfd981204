#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::domain {

/// Which orders an operator looks for.
enum class order_selection : std::uint8_t {
  all,
  charging, ///< as buyers are told (`public_name`), as are the next four
  confirmed,
  failed,
  refunded,
  cancelled,
  open,  ///< not ended, whatever buyers are told
  stuck, ///< open, and for longer than `order_stuck_after` where they are
};

/// An open order that comes no further for so long needs somebody's attention.
inline constexpr seconds order_stuck_after{300};

/// The reasons of what operators undo, as buyers and readers of the journal see them.
inline constexpr std::string_view cancelled_by_organiser = "Cancelled by the organiser.";
inline constexpr std::string_view ended_by_organiser = "Ended by the organiser.";

/// One order: a saga whose every step is a fact.
///
///   started → charging → charged → confirmed → cancelling → cancelled
///      ↓          ↓          ↓
///   failed     failed    refunding → refunded | cancelled
///
///   charging → given_up → refunding → cancelled
///                 ↓
///             cancelled
///
/// If a buyer cancels before the order is confirmed, it can no longer be confirmed from the moment of
/// `order_cancel_requested`: the money goes back if it arrives, and the order ends `cancelled`. So does one that an
/// operator has given up, which lets go of its seats at once.
class order {
public:
  explicit order(const order_started& happened);

  /// May the order go to `next` from where it is? `already_so` when it is there (or has passed through it);
  /// `in_progress` when another step must come first, instead of `confirmed` when the buyer has cancelled, and instead
  /// of what the charge has come to when the order was given up meanwhile.
  [[nodiscard]] decision<order_advanced> advance(order_state next, std::string reason, instant now) const;

  /// Its buyer cancels it before it is confirmed. `already_so` when that is known, or when the order is being refunded
  /// or is over; a confirmed one is undone by `advance` to `cancelling`.
  [[nodiscard]] decision<order_cancel_requested> request_cancel(instant now) const;

  /// An operator undoes it, whoever's it is: a confirmed one is cancelled, and one whose charge has no outcome yet is
  /// given up. `already_so` when it is undone, or failed; `in_progress` while it is on its way from one of these states
  /// to another.
  [[nodiscard]] decision<order_advanced> undo(instant now) const;

  void apply(const order_advanced& happened);
  void apply(const order_cancel_requested& happened);

  [[nodiscard]] const order_started& details() const noexcept { return details_; }
  [[nodiscard]] order_state state() const noexcept { return state_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// When it came to its state.
  [[nodiscard]] instant since() const noexcept { return since_; }
  /// True from `started` until a final state: somebody must carry it on.
  [[nodiscard]] bool under_way() const noexcept;
  /// Whether it is one of these.
  [[nodiscard]] bool is(order_selection wanted, instant now) const;
  /// Whether it is in this state or passed through it.
  [[nodiscard]] bool visited(order_state state) const noexcept;
  /// When its buyer cancelled it, if that was before it was confirmed.
  [[nodiscard]] std::optional<instant> cancel_requested_at() const noexcept { return cancel_requested_at_; }
  /// It will not be confirmed: its buyer has cancelled it before, or an operator has given it up.
  [[nodiscard]] bool unwanted() const noexcept { return cancel_requested_at_ || visited(order_state::given_up); }
  /// Money came for it, which may have gone back since.
  [[nodiscard]] bool was_paid() const noexcept {
    return details_.total > 0 && (visited(order_state::charged) || visited(order_state::refunding));
  }
  /// It has ended, and no money stayed or moved: it failed, or it cost nothing and was undone.
  [[nodiscard]] bool ended_unpaid() const noexcept;

  /// But for `since`: snapshots of before it was known say instead when the order was begun.
  friend bool operator==(const order& a, const order& b) {
    return a.details_ == b.details_ && a.state_ == b.state_ && a.reason_ == b.reason_
           && a.cancel_requested_at_ == b.cancel_requested_at_ && a.visited_ == b.visited_;
  }

  /// The states after `started`, each before those that may follow it.
  static constexpr std::array path{order_state::charging,  order_state::given_up,   order_state::charged,
                                   order_state::confirmed, order_state::failed,     order_state::refunding,
                                   order_state::refunded,  order_state::cancelling, order_state::cancelled};

private:
  order_started details_;
  order_state state_ = order_state::started;
  std::string reason_;
  instant since_;
  std::optional<instant> cancel_requested_at_;
  std::uint32_t visited_ = 1U << static_cast<unsigned>(order_state::started); ///< one bit for each state it has been in
};

} // namespace usher::domain
