// How facts change a section.
#include "domain/ensure.hpp"
#include "domain/is_one_of.hpp"
#include "domain/section.hpp"

#include <algorithm>
#include <limits>

namespace usher::domain {
namespace {

// A version counts sales and returns, and the next sale still has one.
constexpr std::uint32_t returns_max = (std::numeric_limits<std::uint32_t>::max() - 1) / 2;

} // namespace

std::uint32_t& section::count_of(seat_state state) noexcept {
  switch (state) {
    case seat_state::free:
      return totals_.free;
    case seat_state::held:
    case seat_state::paying:
      return totals_.held;
    case seat_state::sold:
      return totals_.sold;
    case seat_state::blocked:
      break;
  }
  return totals_.blocked;
}

void section::move(seat_no seat, seat_state from, seat_state to) {
  ensure(knows(seat), "a fact names seats of this section");
  auto& state = states_[seat.value()];
  ensure(state == from, "a seat is in the state that a fact takes it out of");
  state = to;
  if (!has(seat))
    return; // the plan no longer has it
  --count_of(from);
  ++count_of(to);
  if (free_places_ && from == seat_state::free)
    free_places_->take(seat);
  if (free_places_ && to == seat_state::free)
    free_places_->put_back(seat);
}

void section::move(std::span<const priced_seat> seats, seat_state from, seat_state to) {
  for (const auto& x : seats)
    move(x.seat, from, to);
}

hold& section::live(hold_id id) {
  auto found = holds_.find(id);
  ensure(found != holds_.end(), "a fact names a live hold");
  return found->second;
}

void section::forget(const domain::hold& x) {
  deadlines_.remove(x.until, x.id);
  holds_.erase(hold_id{x.id});
}

void section::change_deadline(domain::hold& x, instant until) {
  deadlines_.remove(x.until, x.id);
  x.until = until;
  deadlines_.add(x.until, x.id);
}

void section::apply(const seats_held& happened) {
  ensure(!happened.seats.empty(), "a hold has seats");
  auto [position, began] =
      holds_.try_emplace(happened.hold, domain::hold{happened.hold, happened.buyer, happened.seats, happened.until,
                                                     happened.until, happened.wish_digest, std::nullopt});
  ensure(began, "a hold begins once");
  move(happened.seats, seat_state::free, seat_state::held);
  if (!lapses_.empty())
    for (const auto& x : happened.seats)
      lapses_.erase(x.seat.value());
  deadlines_.add(happened.until, happened.hold);
}

void section::apply(const hold_ended& happened) {
  auto& ending = live(happened.hold);
  move(ending.seats, ending.paying_for ? seat_state::paying : seat_state::held, seat_state::free);
  // On a floor any place is as good as another.
  if (happened.why == hold_end::expired && !free_places_)
    for (const auto& x : ending.seats)
      lapses_.insert_or_assign(x.seat.value(), lapse{ending.buyer, ending.until});
  forget(ending);
  // The buyer of an unacknowledged hold was told that nothing is held, and may try again with the same key.
  if (happened.why != hold_end::unacknowledged)
    ended_.remember(happened.hold);
}

void section::apply(const payment_started& happened) {
  auto& paying = live(happened.hold);
  ensure(!paying.paying_for || paying.paying_for == happened.order, "a hold is paid for by one order at a time");
  if (!paying.paying_for)
    move(paying.seats, seat_state::held, seat_state::paying);
  paying.paying_for = happened.order;
  change_deadline(paying, happened.until);
}

void section::apply(const payment_stopped& happened) {
  auto& paying = live(happened.hold);
  ensure(paying.paying_for == happened.order, "the order that stops paying was paying");
  move(paying.seats, seat_state::paying, seat_state::held);
  paying.paying_for.reset();
  change_deadline(paying, happened.until);
}

void section::apply(const seats_sold& happened) {
  ensure(!happened.seats.empty(), "a sale has seats");
  auto from = seat_state::free;
  if (auto found = holds_.find(happened.hold); found != holds_.end()) {
    const auto& ending = found->second;
    ensure(!ending.paying_for || ending.paying_for == happened.order, "a hold is sold to the order that pays for it");
    ensure(std::is_permutation(ending.seats.begin(), ending.seats.end(), happened.seats.begin(), happened.seats.end(),
                               [](const auto& a, const auto& b) { return a.seat == b.seat; }),
           "a sale takes all seats of its hold and no others");
    from = ending.paying_for ? seat_state::paying : seat_state::held;
    forget(ending);
    ended_.remember(happened.hold);
  }
  auto [position, added] = sales_.try_emplace(happened.order, sale{happened.hold, happened.buyer, {}});
  ensure(added, "an order's seats of a section are sold at once");
  sold_holds_.insert(happened.hold);
  auto& owned = position->second;
  for (const auto& x : happened.seats) {
    move(x.seat, from, seat_state::sold);
    auto& record = ownerships_[x.seat.value()];
    ensure(x.version == record.version + 1, "a sold seat has its next version");
    record.owner = happened.order;
    record.price = x.price;
    record.version = x.version;
    totals_.revenue += x.price;
    owned.seats.push_back(x.seat);
  }
}

void section::apply(const seats_returned& happened) {
  auto found = sales_.find(happened.order);
  ensure(found != sales_.end(), "seats come back from an order that owns some");
  for (const auto& x : happened.seats) {
    move(x.seat, seat_state::sold, seat_state::free);
    auto& record = ownerships_[x.seat.value()];
    ensure(record.owner == happened.order, "a seat comes back from the order that owns it");
    ensure(record.version + 1 == x.version, "a seat that comes back has its next version");
    ensure(record.price == x.price, "what a seat cost is refunded");
    record = {.owner = {}, .price = 0, .refunded = record.refunded + x.price, .version = x.version};
    totals_.revenue -= x.price;
    totals_.refunded += x.price;
  }
  auto& kept = found->second.seats;
  std::erase_if(kept, [&](seat_no x) { return owner_of(x) == nullptr || *owner_of(x) != happened.order; });
  if (kept.empty()) {
    sold_holds_.erase(sold_holds_.find(found->second.hold));
    sales_.erase(found);
  }
}

void section::apply(const seats_blocked& happened) {
  for (auto seat : happened.seats)
    move(seat, seat_state::free, seat_state::blocked);
}

void section::apply(const seats_unblocked& happened) {
  for (auto seat : happened.seats)
    move(seat, seat_state::blocked, seat_state::free);
}

void section::apply(const section_past& happened) {
  for (auto id : happened.ended_holds)
    ended_.remember(id);
  for (const auto& x : happened.returned) {
    ensure(knows(x.seat), "a fact names seats of this section");
    auto& record = ownerships_[x.seat.value()];
    ensure(record.version == 0, "a seat's past is told before anything else of it");
    ensure(x.returns > 0 && x.returns <= returns_max, "a seat that came back did so a number of times");
    record.version = 2 * x.returns;
    record.refunded = x.refunded;
    totals_.refunded += x.refunded;
  }
}

void section::apply(const hold_extended& happened) {
  auto& longer = live(happened.hold);
  ensure(!longer.paying_for && happened.until > longer.until, "a hold that nobody pays for gets more time");
  change_deadline(longer, happened.until);
}

void section::apply(const domain::fact& happened) {
  std::visit(
      [this]<class Fact>(const Fact& x) {
        constexpr bool ours = is_one_of<Fact, seats_held, hold_ended, payment_started, payment_stopped, seats_sold,
                                        seats_returned, seats_blocked, seats_unblocked, section_past, hold_extended>;
        ensure(ours, "a section's journal has facts of sections only");
        if constexpr (ours)
          apply(x);
      },
      happened);
}

// ---- the way back: facts from state ---------------------------------------------

section_past section::past() const {
  section_past result{.ended_holds = ended_.in_order(), .returned = {}};
  for (std::uint32_t i = 0; i < states_.size(); ++i)
    // The present owner's sale, if any, is not a return.
    if (auto returns = ownerships_[i].version / 2; returns > 0)
      result.returned.push_back({seat_no{i}, returns, ownerships_[i].refunded});
  return result;
}

std::vector<fact> section::snapshot() const {
  std::vector<fact> result;
  result.reserve(1 + sales_.size() + 1 + 2 * holds_.size());
  if (auto before = past(); before != section_past{})
    result.emplace_back(std::move(before));
  std::vector<order_id> orders;
  for (const auto& [order, x] : sales_)
    orders.push_back(order);
  std::sort(orders.begin(), orders.end());
  for (auto order : orders) {
    const auto& owned = sales_.at(order);
    seats_sold sold{.hold = owned.hold, .order = order, .buyer = owned.buyer, .seats = {}};
    for (auto seat : owned.seats)
      sold.seats.push_back({seat, ownerships_[seat.value()].price, ownerships_[seat.value()].version});
    result.emplace_back(std::move(sold));
  }
  seats_blocked blocked;
  for (std::uint32_t i = 0; i < states_.size(); ++i)
    if (states_[i] == seat_state::blocked)
      blocked.seats.push_back(seat_no{i});
  if (!blocked.seats.empty())
    result.emplace_back(std::move(blocked));
  deadlines_.in_order([&](instant, hold_id id) {
    const auto& x = holds_.at(id);
    result.emplace_back(seats_held{x.id, x.buyer, x.seats, x.promised, x.wish_digest});
    if (x.paying_for) {
      result.emplace_back(payment_started{x.id, *x.paying_for, x.until});
    } else if (x.until != x.promised) {
      result.emplace_back(hold_extended{x.id, x.until});
    }
    return true;
  });
  return result;
}

} // namespace usher::domain
