#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"
#include "domain/order.hpp"
#include "domain/section.hpp"
#include "domain/unpaid_orders.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace usher::domain {

/// Why these settings are invalid, or nothing. `categories` is how many the plan has.
[[nodiscard]] std::optional<refusal> check(const event_settings& settings, std::size_t categories);

/// Why no seats are held in this state: `sale_not_open`, `sale_paused` or `sold_out`; nothing if they are.
[[nodiscard]] std::optional<refusal> refusal_to_hold(event_state state);

/// One event: its life cycle, its settings and its orders.
///
/// The seats belong to the sections; this class knows only their totals, which come in as readings and decide about
/// `sold_out`. Commands never change the object; `apply` never refuses.
///
/// Of the orders that ended unpaid (they failed, or cost nothing and were undone) only the newest are remembered:
/// `unpaid_orders_max`, and `unpaid_orders_per_buyer_max` of one buyer. A forgotten order may be started again under
/// the same id: no money ever moved for it, and the provider still knows what it answered for that id.
///
/// No other order is forgotten, and there are at most `orders_max` of these. A buyer who has cancelled
/// `cancelled_orders_per_buyer_max` of those that are remembered begins no others.
class event {
public:
  static constexpr std::size_t orders_max = 1'000'000;
  static constexpr std::size_t unpaid_orders_max = 10'000;
  static constexpr std::uint32_t unpaid_orders_per_buyer_max = 20;
  static constexpr std::uint32_t cancelled_orders_per_buyer_max = 10;

  /// Takes at most so many orders, besides those that ended unpaid.
  explicit event(std::size_t most = orders_max) : orders_max_(most) {}

  // ---- commands ----

  /// New settings. `already_so` when they equal the present ones.
  [[nodiscard]] decision<event_defined> define(const event_settings& settings, std::size_t categories) const;

  /// Moves through scheduled → draw → open ⇄ paused → closed; `closed` is for ever; a scheduled or
  /// drawing event may be opened at once. `sold_out` is not an operator's wish: see `note_totals`.
  [[nodiscard]] decision<event_state_changed> change_state(event_state wanted) const;

  /// Why the event cannot take these settings and go to `state`, if one is wanted; nothing when it can do both. No sale
  /// begins without any price.
  [[nodiscard]] std::optional<refusal> may_become(const event_settings& settings, std::size_t categories,
                                                  std::optional<event_state> state) const;

  /// The change of state that the present totals demand: open → sold_out when nothing is free or held, sold_out → open
  /// when something is. `already_so` otherwise.
  [[nodiscard]] decision<event_state_changed> note_totals(const section_totals& sum) const;

  /// May seats be held now? See `refusal_to_hold`.
  [[nodiscard]] std::optional<refusal> may_hold() const;
  /// May an order be begun for a hold that exists? Held seats may be paid while paused or sold out, not when closed.
  [[nodiscard]] std::optional<refusal> may_order() const;

  /// Begins an order. `already_so` when an order with this id exists with the same request digest and buyer; another
  /// digest is `idempotency_mismatch`; a hold that another live order pays for is `in_progress`, a sold one
  /// `hold_expired`; one order too many is `limit_exceeded`, and so is one of a buyer who has cancelled too many.
  [[nodiscard]] decision<order_started> start_order(const order_started& wanted) const;
  [[nodiscard]] decision<order_advanced> advance_order(order_id id, order_state next, std::string reason,
                                                       instant now) const;
  /// See `order::request_cancel`. An order that is not confirmed yet may always be cancelled.
  [[nodiscard]] decision<order_cancel_requested> request_cancel(order_id id, instant now) const;
  /// Undoes a confirmed order for its buyer; `cancellation_closed` when the event's rule forbids it now.
  [[nodiscard]] decision<order_advanced> cancel_order(order_id id, instant now) const;
  /// See `order::undo`. A confirmed order is undone for an operator only if the event's rule allows that.
  [[nodiscard]] decision<order_advanced> refund_order(order_id id, instant now) const;
  /// Why operators may not undo all confirmed orders: the sale is not closed, or the event's rule forbids it.
  [[nodiscard]] std::optional<refusal> may_refund_all() const;

  // ---- facts ----

  void apply(const event_defined& happened);
  void apply(const event_state_changed& happened);
  void apply(const order_started& happened);
  void apply(const order_advanced& happened);
  void apply(const order_cancel_requested& happened);
  void apply(const fact& happened);

  // ---- readings ----

  [[nodiscard]] const event_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] event_state state() const noexcept { return state_; }
  /// Whether a category has a price.
  [[nodiscard]] bool sells(category_no category) const;
  [[nodiscard]] const order* find_order(order_id id) const;
  /// The orders of one buyer, by id. O(of these).
  [[nodiscard]] std::vector<order_id> orders_of(const buyer_id& buyer) const;
  /// Orders that somebody must carry on, e.g. after a restart.
  [[nodiscard]] std::vector<order_id> orders_under_way() const;
  [[nodiscard]] const std::unordered_map<order_id, order>& orders() const noexcept { return orders_; }
  /// Whether seats of this hold may yet be sold to its buyer, because the charge of an order for it has not failed.
  [[nodiscard]] bool is_paid_for(hold_id hold) const;

  [[nodiscard]] std::vector<fact> snapshot() const;
  friend bool operator==(const event&, const event&) = default;

private:
  [[nodiscard]] std::optional<refusal> refusal_to_cancel(instant now) const;
  /// What follows from the end of an order.
  void ended(order& present);
  void forget(order_id id);
  /// The buyer's list of orders no longer has it.
  void drop_from_list(const order& gone);
  /// No order pays for that hold any more.
  void give_up_hold(const order& ended);

  std::size_t orders_max_;
  event_settings settings_;
  event_state state_ = event_state::scheduled;
  std::unordered_map<order_id, order> orders_;
  std::unordered_map<buyer_id, std::vector<order_id>> orders_by_buyer_; ///< by id; of those who have one
  std::unordered_map<hold_id, order_id> order_by_hold_; ///< the order that pays for each hold, or owns its seats
  unpaid_orders unpaid_{unpaid_orders_max, unpaid_orders_per_buyer_max};
  std::unordered_map<buyer_id, std::uint32_t> cancelled_; ///< how many of each are remembered, without zeros
};

} // namespace usher::domain
