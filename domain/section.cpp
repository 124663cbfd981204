// What a section decides. How facts change it is in section_facts.cpp, what can be read in section_readings.cpp.
#include "domain/section.hpp"

#include "domain/ensure.hpp"
#include "domain/orphans.hpp"

#include <algorithm>
#include <utility>

namespace usher::domain {
namespace {

// Up to this many, comparing all pairs is faster than sorting a copy, and allocates nothing.
constexpr std::size_t few_seats = 32;

std::vector<seat_no> named_twice(std::span<const seat_no> seats) {
  std::vector<seat_no> twice;
  if (seats.size() <= few_seats) {
    for (auto i = seats.begin(); i != seats.end(); ++i)
      if (std::find(seats.begin(), i, *i) != i)
        twice.push_back(*i);
    return twice;
  }
  std::vector<seat_no> sorted(seats.begin(), seats.end());
  std::sort(sorted.begin(), sorted.end());
  for (auto i = sorted.begin(); (i = std::adjacent_find(i, sorted.end())) != sorted.end(); ++i)
    twice.push_back(*i);
  return twice;
}

std::vector<seat_no> sorted_seats(std::span<const priced_seat> seats) {
  std::vector<seat_no> result;
  result.reserve(seats.size());
  for (const auto& x : seats)
    result.push_back(x.seat);
  std::sort(result.begin(), result.end());
  return result;
}

/// Whether both are the same seats, in any order.
bool same_seats(std::span<const priced_seat> a, std::span<const priced_seat> b) {
  auto same = [](const priced_seat& x, const priced_seat& y) { return x.seat == y.seat; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same)
         || (a.size() == b.size() && sorted_seats(a) == sorted_seats(b));
}

refusal bad_request(const char* detail) {
  return {.reason = rejection::bad_request, .detail = detail};
}

} // namespace

section::section(shared_plan plan, section_no number)
    : plan_(std::move(plan)), here_(&plan_->section(number)), number_(number), rows_(*here_),
      states_(here_->numbers_given(), seat_state::free), ownerships_(states_.size()),
      ended_(std::max(ended_holds::least, 2 * states_.size())) {
  totals_.free = here_->capacity();
  if (here_->general() && here_->numbers.plain())
    free_places_.emplace(totals_.free);
  else if (here_->general())
    free_places_.emplace(here_->numbers.by_index(), here_->numbers_given());
}

// ---- holding ------------------------------------------------------------------

decision<seats_held> section::hold(hold_id id, const buyer_id& buyer, const wish& wanted, std::uint64_t wish_digest,
                                   const section_terms& terms, instant until, instant now) const {
  if (const auto* present = find(id)) {
    if (present->buyer != buyer)
      return refusal{.reason = rejection::not_found};
    if (present->wish_digest != wish_digest)
      return refusal{.reason = rejection::idempotency_mismatch};
    return already_so{};
  }
  if (ended(id))
    return refusal{.reason = rejection::hold_expired};
  seats_held granted{.hold = id, .buyer = {}, .seats = {}, .until = until, .wish_digest = wish_digest};
  asker who{buyer, terms, now};
  if (auto refused = std::visit([&](const auto& x) { return choose(x, who, granted.seats); }, wanted))
    return *std::move(refused);
  granted.buyer = buyer;
  return granted;
}

std::optional<refusal> section::choose(const seats_wish& wanted, const asker& who,
                                       std::vector<priced_seat>& places) const {
  if (free_places_)
    return bad_request("A general-admission section has no seats to choose from; ask for a quantity.");
  if (wanted.seats.empty())
    return bad_request("A hold needs at least one seat.");
  if (auto refused = misnamed(wanted.seats))
    return refused;
  if (auto taken = not_free(wanted.seats); !taken.empty())
    return refusal{.reason = rejection::seat_taken, .seats = std::move(taken)};
  places.reserve(wanted.seats.size());
  for (auto seat : wanted.seats)
    if (const auto& asked = price_of(seat, who.terms))
      places.push_back({seat, *asked});
  if (places.size() < wanted.seats.size())
    return not_for_sale(wanted.seats, who.terms);
  if (auto refused = leaves_to_others(wanted.seats, who))
    return refused;
  if (who.terms.refuse_orphans)
    return leaves_alone(wanted.seats);
  return std::nullopt;
}

std::optional<instant> section::left_until(seat_no seat, const asker& who) const {
  auto found = lapses_.find(seat.value());
  if (found == lapses_.end() || found->second.buyer != who.buyer || !is_free(seat))
    return std::nullopt;
  auto until = found->second.at + who.terms.rehold_pause;
  return who.now < until ? std::optional{until} : std::nullopt;
}

std::optional<refusal> section::leaves_to_others(std::span<const seat_no> wanted, const asker& who) const {
  if (lapses_.empty())
    return std::nullopt;
  refusal why{.reason = rejection::seat_taken};
  instant until;
  for (auto seat : wanted)
    if (auto left = left_until(seat, who)) {
      why.seats.push_back(seat);
      until = std::max(until, *left);
    }
  if (why.seats.empty())
    return std::nullopt;
  why.detail = "Your time for these seats has just run out; for another "
               + std::to_string(std::chrono::ceil<seconds>(until - who.now).count())
               + " s they are left to other people.";
  return why;
}

std::optional<refusal> section::choose(const best_wish& wanted, const asker& who,
                                       std::vector<priced_seat>& places) const {
  if (wanted.quantity == 0)
    return bad_request("A hold needs at least one seat.");
  if (free_places_) {
    if (wanted.category && *wanted.category != plan().general_category)
      return refusal{.reason = rejection::sold_out};
    return choose_any(wanted.quantity, who.terms, places);
  }
  if (!sells(wanted.category, who.terms))
    return refusal{.reason = rejection::not_for_sale};
  std::vector<seat_state> copy;
  auto states = on_offer(copy, who.terms);
  for (const auto& each : lapses_)
    if (seat_no seat{each.first}; left_until(seat, who)) {
      if (copy.empty())
        copy.assign(states.begin(), states.end());
      copy[here_->index_of(seat)->value()] = seat_state::held;
      states = copy;
    }
  auto found = best_seats(plan(), rows_, states, wanted);
  if (found.empty())
    return refusal{.reason = rejection::sold_out};
  places.reserve(found.size());
  for (auto index : found)
    places.push_back(priced(here_->number_at(index), who.terms));
  return std::nullopt;
}

std::optional<refusal> section::choose(const quantity_wish& wanted, const asker& who,
                                       std::vector<priced_seat>& places) const {
  if (!free_places_)
    return bad_request("This section has numbered seats; name them or ask for the best.");
  if (wanted.quantity == 0)
    return bad_request("A hold needs at least one place.");
  return choose_any(wanted.quantity, who.terms, places);
}

std::optional<refusal> section::choose_any(std::uint32_t quantity, const section_terms& terms,
                                           std::vector<priced_seat>& places) const {
  if (!sells(std::nullopt, terms))
    return refusal{.reason = rejection::not_for_sale};
  if (quantity > free_places_->size())
    return refusal{.reason = rejection::sold_out};
  places.reserve(quantity);
  free_places_->peek(quantity, [&](seat_no place) { places.push_back(priced(place, terms)); });
  return std::nullopt;
}

priced_seat section::priced(seat_no seat, const section_terms& terms) const {
  auto what = price_of(seat, terms);
  ensure(what.has_value(), "what is held has a price");
  return {seat, *what};
}

const price& section::price_of(seat_no seat, const section_terms& terms) const {
  auto category = rows_.category_of(here_->index_of(seat).value());
  ensure(category.value() < terms.prices.size(), "the terms are for all categories");
  return terms.prices[category.value()];
}

refusal section::not_for_sale(std::span<const seat_no> seats, const section_terms& terms) const {
  refusal unpriced{.reason = rejection::not_for_sale};
  std::copy_if(seats.begin(), seats.end(), std::back_inserter(unpriced.seats),
               [&](seat_no x) { return !price_of(x, terms); });
  return unpriced;
}

bool section::sells(std::optional<category_no> category, const section_terms& terms) const {
  // Nothing is in a category that the plan does not have, so nothing in it is without a price.
  auto has_price = [&](category_no x) { return x.value() >= terms.prices.size() || terms.prices[x.value()]; };
  if (category)
    return has_price(*category);
  if (free_places_)
    return has_price(here_->general_category);
  return std::any_of(terms.prices.begin(), terms.prices.end(), [](const price& x) { return x.has_value(); });
}

std::span<const seat_state> section::on_offer(std::vector<seat_state>& copy, const section_terms& terms) const {
  auto states = in_plan_order(copy);
  if (std::all_of(terms.prices.begin(), terms.prices.end(), [](const price& x) { return x.has_value(); }))
    return states;
  if (copy.empty())
    copy.assign(states.begin(), states.end());
  for (std::uint32_t index = 0; index < copy.size(); ++index)
    if (!terms.prices.at(rows_.category_of(plan_index{index}).value()))
      copy[index] = seat_state::blocked;
  return copy;
}

std::optional<refusal> section::leaves_alone(std::span<const seat_no> wanted) const {
  std::vector<plan_index> indexes;
  indexes.reserve(wanted.size());
  for (auto seat : wanted)
    indexes.push_back(here_->index_of(seat).value());
  std::vector<seat_state> copy;
  auto lonely = find_orphans(rows_, in_plan_order(copy), indexes);
  if (!lonely)
    return std::nullopt;
  refusal why{.reason = rejection::would_orphan};
  for (auto index : lonely->orphans)
    why.seats.push_back(here_->number_at(index));
  for (auto index : lonely->better)
    why.suggestion.push_back(here_->number_at(index));
  return why;
}

std::span<const seat_state> section::in_plan_order(std::vector<seat_state>& copy) const {
  if (here_->numbers.plain())
    return states_;
  copy.reserve(here_->capacity());
  for (auto seat : here_->numbers.by_index())
    copy.push_back(states_[seat.value()]);
  return copy;
}

decision<hold_ended> section::release(hold_id id, const buyer_id& buyer, hold_end as) const {
  const auto* present = find(id);
  if (present == nullptr)
    return already_so{};
  if (present->buyer != buyer)
    return refusal{.reason = rejection::not_found};
  if (present->paying_for)
    return refusal{.reason = rejection::in_progress};
  return hold_ended{id, as};
}

std::vector<hold_ended> section::expire(instant now, std::size_t most, instant paying_until) const {
  std::vector<hold_ended> result;
  deadlines_.in_order([&](instant until, hold_id id) {
    if (until > now || result.size() == most)
      return false;
    if (now >= paying_until || !holds_.at(id).paying_for)
      result.push_back({id, hold_end::expired});
    return true;
  });
  return result;
}

// ---- paying -------------------------------------------------------------------

decision<payment_started> section::start_payment(hold_id id, const buyer_id& buyer, order_id order, instant now,
                                                 instant until) const {
  const auto* present = find(id);
  if (present == nullptr)
    return refusal{.reason = rejection::hold_expired};
  if (present->buyer != buyer)
    return refusal{.reason = rejection::not_found};
  if (present->paying_for == order) {
    if (until <= present->until)
      return already_so{};
    return payment_started{id, order, until};
  }
  if (present->paying_for)
    return refusal{.reason = rejection::in_progress};
  // Its time is up, even if the timer has not reached it yet.
  if (present->until <= now)
    return refusal{.reason = rejection::hold_expired};
  return payment_started{id, order, std::max(until, present->until)};
}

instant hold::ends_unpaid(instant now) const {
  return paying_for ? std::max(promised, std::min(now, promised) + second_try) : until;
}

decision<payment_stopped> section::stop_payment(hold_id id, order_id order, instant now) const {
  const auto* present = find(id);
  if (present == nullptr || present->paying_for != order)
    return already_so{};
  return payment_stopped{id, order, present->ends_unpaid(now)};
}

decision<seats_sold> section::sell(hold_id id, order_id order, const buyer_id& buyer,
                                   std::span<const priced_seat> seats) const {
  if (seats.empty() || order == order_id{})
    return bad_request("A sale needs an order and at least one seat.");
  auto numbers = sorted_seats(seats);
  // Seats that the plan no longer has count as taken.
  if (auto refused = never_heard_of(numbers))
    return *std::move(refused);
  auto owned = [&](seat_no x) { return owner_of(x) != nullptr && *owner_of(x) == order; };
  if (std::all_of(numbers.begin(), numbers.end(), owned))
    return already_so{};
  if (sales_.contains(order))
    return bad_request("The order owns other seats here.");
  if (const auto* present = find(id)) {
    if (present->buyer != buyer)
      return refusal{.reason = rejection::not_found};
    if (present->paying_for && present->paying_for != order)
      return refusal{.reason = rejection::in_progress};
    if (!same_seats(present->seats, seats))
      return bad_request("The order's seats are not those of its hold.");
  } else if (auto taken = not_free(numbers); !taken.empty()) {
    return refusal{.reason = rejection::seat_taken, .seats = std::move(taken)};
  }
  seats_sold sold{.hold = id, .order = order, .buyer = buyer, .seats = {}};
  sold.seats.reserve(seats.size());
  for (const auto& x : seats)
    sold.seats.push_back({x.seat, x.price, ownerships_[x.seat.value()].version + 1});
  return sold;
}

decision<seats_returned> section::take_back(order_id order, std::span<const seat_no> seats) const {
  // Seats that were returned earlier may be gone from the plan by now.
  if (auto refused = never_heard_of(seats))
    return *std::move(refused);
  seats_returned returned{.order = order, .seats = {}};
  for (auto seat : seats) {
    const auto& record = ownerships_[seat.value()];
    if (const auto* owner = owner_of(seat); owner != nullptr && *owner == order)
      returned.seats.push_back({seat, record.price, record.version + 1});
  }
  if (returned.seats.empty())
    return already_so{};
  return returned;
}

// ---- blocking -----------------------------------------------------------------

std::optional<refusal> section::miscounted(std::span<const seat_no> seats, std::uint32_t quantity) const {
  if (free_places_ ? seats.empty() && quantity > 0 : !seats.empty() && quantity == 0)
    return std::nullopt;
  return bad_request("Name seats where they are numbered, and a quantity where they are not.");
}

decision<seats_blocked> section::block(std::span<const seat_no> seats, std::uint32_t quantity) const {
  if (auto refused = miscounted(seats, quantity))
    return *std::move(refused);
  seats_blocked blocked;
  if (free_places_) {
    if (quantity > free_places_->size())
      return refusal{.reason = rejection::sold_out};
    free_places_->peek(quantity, [&](seat_no place) { blocked.seats.push_back(place); });
    return blocked;
  }
  if (auto refused = misnamed(seats))
    return *std::move(refused);
  for (auto seat : seats)
    if (state_of(seat) != seat_state::blocked)
      blocked.seats.push_back(seat);
  if (auto taken = not_free(blocked.seats); !taken.empty())
    return refusal{.reason = rejection::seat_taken, .seats = std::move(taken)};
  if (blocked.seats.empty())
    return already_so{};
  return blocked;
}

decision<seats_unblocked> section::unblock(std::span<const seat_no> seats, std::uint32_t quantity) const {
  if (auto refused = miscounted(seats, quantity))
    return *std::move(refused);
  seats_unblocked unblocked;
  if (free_places_) {
    if (totals_.blocked == 0)
      return already_so{};
    auto wanted = std::min(quantity, totals_.blocked);
    for (std::uint32_t place = 0; unblocked.seats.size() < wanted; ++place)
      if (states_[place] == seat_state::blocked && has(seat_no{place}))
        unblocked.seats.push_back(seat_no{place});
    return unblocked;
  }
  if (auto refused = misnamed(seats))
    return *std::move(refused);
  for (auto seat : seats)
    if (state_of(seat) == seat_state::blocked)
      unblocked.seats.push_back(seat);
  if (unblocked.seats.empty())
    return already_so{};
  return unblocked;
}

// ---- shared -------------------------------------------------------------------

std::optional<refusal> section::misnamed(std::span<const seat_no> seats) const {
  return misnamed(seats, [this](seat_no x) { return has(x); });
}

std::optional<refusal> section::never_heard_of(std::span<const seat_no> seats) const {
  return misnamed(seats, [this](seat_no x) { return knows(x); });
}

template <class Nameable>
std::optional<refusal> section::misnamed(std::span<const seat_no> seats, Nameable can_be_named) const {
  if (!std::all_of(seats.begin(), seats.end(), can_be_named)) {
    refusal unknown{.reason = rejection::not_found, .detail = "There are no such seats in this section."};
    std::copy_if(seats.begin(), seats.end(), std::back_inserter(unknown.seats),
                 [&](seat_no x) { return !can_be_named(x); });
    return unknown;
  }
  if (auto twice = named_twice(seats); !twice.empty())
    return refusal{.reason = rejection::bad_request, .seats = std::move(twice), .detail = "A seat is named twice."};
  return std::nullopt;
}

std::vector<seat_no> section::not_free(std::span<const seat_no> seats) const {
  std::vector<seat_no> result;
  std::copy_if(seats.begin(), seats.end(), std::back_inserter(result), [this](seat_no x) { return !is_free(x); });
  return result;
}

} // namespace usher::domain
