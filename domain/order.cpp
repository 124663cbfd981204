#include "domain/order.hpp"

#include "domain/ensure.hpp"

#include <utility>

namespace usher::domain {
namespace {

constexpr std::uint32_t bit(order_state state) {
  return 1U << static_cast<unsigned>(state);
}

/// The states that may follow at once, as bits.
constexpr std::uint32_t successors(order_state state) {
  switch (state) {
    case order_state::started:
      return bit(order_state::charging) | bit(order_state::failed) | bit(order_state::unacknowledged);
    case order_state::charging:
      return bit(order_state::charged) | bit(order_state::failed) | bit(order_state::given_up);
    case order_state::charged:
      return bit(order_state::confirmed) | bit(order_state::refunding);
    case order_state::confirmed:
      return bit(order_state::cancelling);
    case order_state::refunding:
      return bit(order_state::refunded) | bit(order_state::cancelled);
    case order_state::cancelling:
      return bit(order_state::cancelled);
    case order_state::given_up:
      return bit(order_state::refunding) | bit(order_state::cancelled);
    case order_state::failed:
    case order_state::refunded:
    case order_state::cancelled:
    case order_state::unacknowledged:
      return 0;
  }
  return 0;
}

/// Whether steps lead from one state to another. The paths are short and have no cycles.
constexpr bool leads_to(order_state from, order_state to) {
  for (std::size_t i = 0; i < order_states; ++i) {
    auto next = static_cast<order_state>(i);
    if ((successors(from) & bit(next)) != 0 && (next == to || leads_to(next, to)))
      return true;
  }
  return false;
}

} // namespace

order::order(const order_started& happened) : details_(happened), since_(happened.at) {
  // a new order is `started`
}

decision<order_advanced> order::advance(order_state next, std::string reason, instant now) const {
  if (visited(next))
    return already_so{};
  if (next == order_state::confirmed && cancel_requested_at_)
    return refusal{.reason = rejection::in_progress, .detail = "Its buyer has cancelled it."};
  if (state_ == order_state::given_up && (next == order_state::charged || next == order_state::failed))
    return refusal{.reason = rejection::in_progress, .detail = "An operator has ended it."};
  if ((successors(state_) & bit(next)) != 0)
    return order_advanced{details_.order, next, std::move(reason), now};
  if (leads_to(state_, next))
    return refusal{.reason = rejection::in_progress};
  return refusal{.reason = rejection::bad_request,
                 .detail = "An order that is " + std::string{to_string(state_)} + " cannot become "
                           + std::string{to_string(next)} + "."};
}

decision<order_cancel_requested> order::request_cancel(instant now) const {
  switch (state_) {
    case order_state::started:
    case order_state::charging:
    case order_state::charged:
      if (cancel_requested_at_)
        return already_so{};
      return order_cancel_requested{details_.order, now};
    case order_state::confirmed:
      return refusal{.reason = rejection::bad_request, .detail = "A confirmed order is undone as a whole."};
    case order_state::failed:
    case order_state::refunding:
    case order_state::refunded:
    case order_state::cancelling:
    case order_state::cancelled:
    case order_state::unacknowledged:
    case order_state::given_up:
      break;
  }
  return already_so{};
}

decision<order_advanced> order::undo(instant now) const {
  switch (state_) {
    case order_state::confirmed:
      return advance(order_state::cancelling, std::string{cancelled_by_organiser}, now);
    case order_state::charging:
      return advance(order_state::given_up, std::string{ended_by_organiser}, now);
    case order_state::started:
    case order_state::charged:
      return refusal{.reason = rejection::in_progress, .detail = "The order is about to change its state."};
    case order_state::failed:
    case order_state::refunding:
    case order_state::refunded:
    case order_state::cancelling:
    case order_state::cancelled:
    case order_state::unacknowledged:
    case order_state::given_up:
      break;
  }
  return already_so{};
}

void order::apply(const order_cancel_requested& happened) {
  ensure(happened.order == details_.order, "a wish to cancel belongs to its order");
  ensure(!visited(order_state::confirmed), "a confirmed order is undone by its steps");
  cancel_requested_at_ = happened.at;
}

void order::apply(const order_advanced& happened) {
  ensure(happened.order == details_.order, "a step belongs to its order");
  ensure((successors(state_) & bit(happened.state)) != 0, "an order goes one allowed step at a time");
  state_ = happened.state;
  reason_ = happened.reason;
  since_ = happened.at;
  visited_ |= bit(happened.state);
}

bool order::under_way() const noexcept {
  return !is_final(state_);
}

bool order::ended_unpaid() const noexcept {
  auto is_undone = state_ == order_state::refunded || state_ == order_state::cancelled;
  return state_ == order_state::failed || (is_undone && details_.total == 0);
}

bool order::is(order_selection wanted, instant now) const {
  auto is_told = [this](std::string_view name) { return public_name(state_, unwanted()) == name; };
  switch (wanted) {
    case order_selection::all:
      return true;
    case order_selection::charging:
      return is_told("charging");
    case order_selection::confirmed:
      return is_told("confirmed");
    case order_selection::failed:
      return is_told("failed");
    case order_selection::refunded:
      return is_told("refunded");
    case order_selection::cancelled:
      return is_told("cancelled");
    case order_selection::open:
      return under_way();
    case order_selection::stuck:
      return under_way() && now - since_ > order_stuck_after;
  }
  return false;
}

bool order::visited(order_state state) const noexcept {
  return (visited_ & bit(state)) != 0;
}

} // namespace usher::domain
