// The readings of a section.
#include "domain/ensure.hpp"
#include "domain/section.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace usher::domain {

const section_plan& section::plan() const noexcept {
  return *here_;
}

section_no section::number() const noexcept {
  return number_;
}

seat_state section::state_of(seat_no seat) const {
  ensure(knows(seat), "a seat is, or was, in its section");
  return states_[seat.value()];
}

std::vector<place_standing> section::standing() const {
  std::vector<place_standing> result;
  result.reserve(states_.size());
  for (auto state : states_)
    result.push_back({state, {}});
  for (const auto& [id, x] : holds_)
    for (const auto& seat : x.seats)
      result[seat.seat.value()].until = x.until;
  return result;
}

std::string section::status() const {
  std::vector<seat_state> copy;
  auto states = in_plan_order(copy);
  std::string result(states.size(), ' ');
  std::transform(states.begin(), states.end(), result.begin(), to_char);
  return result;
}

const section_totals& section::totals() const noexcept {
  return totals_;
}

std::vector<std::pair<category_no, section_totals>> section::totals_by_category() const {
  std::map<category_no, section_totals> sums;
  for (std::uint32_t index = 0; index < here_->capacity(); ++index) {
    auto& sum = sums[rows_.category_of(plan_index{index})];
    auto seat = here_->number_at(plan_index{index});
    const auto& record = ownerships_[seat.value()];
    sum.refunded += record.refunded;
    switch (states_[seat.value()]) {
      case seat_state::free:
        ++sum.free;
        break;
      case seat_state::held:
      case seat_state::paying:
        ++sum.held;
        break;
      case seat_state::sold:
        ++sum.sold;
        sum.revenue += record.price;
        break;
      case seat_state::blocked:
        ++sum.blocked;
        break;
    }
  }
  return {sums.begin(), sums.end()};
}

const hold* section::find(hold_id id) const {
  auto found = holds_.find(id);
  return found == holds_.end() ? nullptr : &found->second;
}

bool section::ended(hold_id id) const {
  return ended_.contains(id);
}

bool section::sold(hold_id id) const {
  return sold_holds_.contains(id);
}

std::optional<instant> section::next_deadline(instant paying_until) const {
  auto earliest = deadlines_.earliest();
  if (!earliest || *earliest >= paying_until)
    return earliest;
  std::optional<instant> result;
  deadlines_.in_order([&](instant until, hold_id id) {
    if (result && *result <= until)
      return false;
    auto ends = holds_.at(id).paying_for ? std::max(until, paying_until) : until;
    result = result ? std::min(*result, ends) : ends;
    return true;
  });
  return result;
}

std::vector<section::claim> section::claims() const {
  std::vector<claim> result;
  result.reserve(holds_.size() + sales_.size());
  for (const auto& [id, x] : holds_)
    result.push_back({id, x.buyer, static_cast<std::uint32_t>(x.seats.size())});
  for (const auto& [order, x] : sales_)
    result.push_back({x.hold, x.buyer, static_cast<std::uint32_t>(x.seats.size())});
  std::sort(result.begin(), result.end(), [](const claim& a, const claim& b) { return a.hold < b.hold; });
  return result;
}

const order_id* section::owner_of(seat_no seat) const {
  return state_of(seat) == seat_state::sold ? &ownerships_[seat.value()].owner : nullptr;
}

// Left out on purpose: the order in which free places of general admission are given out, which facts need not
// reproduce.
bool operator==(const section& a, const section& b) {
  return a.number_ == b.number_ && a.states_ == b.states_ && a.ownerships_ == b.ownerships_ && a.totals_ == b.totals_
         && a.holds_ == b.holds_ && a.deadlines_ == b.deadlines_ && a.sales_ == b.sales_
         && a.ended_.agrees_with(b.ended_);
}

} // namespace usher::domain
