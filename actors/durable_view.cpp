#include "actors/durable_view.hpp"

#include <algorithm>
#include <map>
#include <variant>

namespace usher::actors {
namespace {

/// Adds `amount` to a category's part; categories are few.
void add(std::vector<domain::minor_units>& by_category, domain::category_no category, domain::minor_units amount) {
  if (category.value() >= by_category.size())
    by_category.resize(category.value() + std::size_t{1});
  by_category[category.value()] += amount;
}

} // namespace

durable_view::durable_view(const domain::section& section)
    : plan_(&section.plan()), status_(section.plan().numbers_given(), domain::to_char(domain::seat_state::blocked)),
      categories_(status_.size()), sold_for_(status_.size()), is_changed_(status_.size()) {
  for (std::uint32_t index = 0; index < plan_->capacity(); ++index) {
    auto seat = plan_->number_at(domain::plan_index{index});
    auto category = plan_->category_of(seat);
    categories_[seat.value()] = category;
    if (category.value() >= free_by_category_.size())
      free_by_category_.resize(category.value() + std::size_t{1});
  }
  show(section);
  static_cast<void>(take_changes()); // nobody saw anything else before
}

void durable_view::show(const domain::section& section) {
  for (std::uint32_t index = 0; index < plan_->capacity(); ++index) {
    auto seat = plan_->number_at(domain::plan_index{index});
    show_seat({seat, 0}, domain::to_char(section.state_of(seat)));
  }
  totals_ = section.totals();
  refunded_by_category_.clear();
  for (const auto& [category, sum] : section.totals_by_category())
    add(refunded_by_category_, category, sum.refunded);
  std::fill(sold_for_.begin(), sold_for_.end(), 0);
  // Only the snapshot tells what each seat was sold for.
  for (const auto& fact : section.snapshot())
    if (auto* sold = std::get_if<domain::seats_sold>(&fact))
      for (const auto& seat : sold->seats)
        sold_for_[seat.seat.value()] = seat.price;
}

void durable_view::show(const seats_look& now) {
  for (const auto& seat : now.seats)
    show_seat(seat, now.look);
}

void durable_view::show_held(std::span<const domain::priced_seat> seats) {
  for (const auto& seat : seats)
    show_seat(seat, domain::to_char(domain::seat_state::held));
}

void durable_view::show_seat(const domain::priced_seat& seat, char look) {
  constexpr auto sold = domain::to_char(domain::seat_state::sold);
  auto index = seat.seat.value();
  if (!plan_->has(seat.seat))
    return show_gone(seat, look);
  auto& shown = status_[index];
  if (shown == look)
    return;
  if (shown == sold) {
    totals_.revenue -= sold_for_[index];
    totals_.refunded += sold_for_[index];
    add(refunded_by_category_, categories_[index], sold_for_[index]);
  }
  if (look == sold) {
    sold_for_[index] = seat.price;
    totals_.revenue += seat.price;
  }
  constexpr auto free = domain::to_char(domain::seat_state::free);
  if (shown == free || look == free) {
    auto& left = free_by_category_[categories_[index].value()];
    look == free ? ++left : --left;
  }
  --count(totals_, shown);
  ++count(totals_, look);
  shown = look;
  if (!is_changed_[index]) {
    is_changed_[index] = true;
    changed_.push_back(seat.seat);
  }
}

/// A seat that only an earlier plan had counts nowhere, except for its money.
void durable_view::show_gone(const domain::priced_seat& seat, char look) {
  auto& price = sold_for_[seat.seat.value()];
  if (look == domain::to_char(domain::seat_state::sold)) {
    totals_.revenue += seat.price - price;
    price = seat.price;
  } else if (look == domain::to_char(domain::seat_state::free)) {
    totals_.revenue -= price;
    totals_.refunded += price;
    price = 0;
  }
}

std::vector<messages::category_totals> durable_view::by_category() const {
  std::map<domain::category_no, domain::section_totals> sums;
  for (std::uint32_t index = 0; index < plan_->capacity(); ++index) {
    auto seat = plan_->number_at(domain::plan_index{index});
    auto look = status_[seat.value()];
    auto& sum = sums[categories_[seat.value()]];
    ++count(sum, look);
    if (look == domain::to_char(domain::seat_state::sold))
      sum.revenue += sold_for_[seat.value()];
  }
  std::vector<messages::category_totals> result;
  for (auto& [category, sum] : sums) {
    if (category.value() < refunded_by_category_.size())
      sum.refunded = refunded_by_category_[category.value()];
    result.push_back({category, sum});
  }
  return result;
}

std::vector<std::pair<domain::seat_no, char>> durable_view::take_changes() {
  std::vector<std::pair<domain::seat_no, char>> result;
  result.reserve(changed_.size());
  for (auto seat : changed_) {
    is_changed_[seat.value()] = false;
    result.emplace_back(seat, status_[seat.value()]);
  }
  changed_.clear();
  return result;
}

std::uint32_t& durable_view::count(domain::section_totals& totals, char look) {
  switch (look) {
    case domain::to_char(domain::seat_state::held):
      return totals.held;
    case domain::to_char(domain::seat_state::sold):
      return totals.sold;
    case domain::to_char(domain::seat_state::blocked):
      return totals.blocked;
    default:
      return totals.free;
  }
}

} // namespace usher::actors
