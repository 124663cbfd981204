#include "actors/search_hints.hpp"

#include <algorithm>

namespace usher::actors {

void search_hints::expect_sections(std::size_t count) {
  totals_.resize(std::max(count, totals_.size()));
  totals_seen_.resize(totals_.size());
  free_by_category_.resize(totals_.size());
}

void search_hints::note_totals(domain::section_no section, const domain::section_totals& totals,
                               const std::vector<std::uint32_t>& free_by_category) {
  auto number = section.value();
  // A section reports its totals as soon as it starts, before the event knows it.
  if (number >= totals_.size())
    expect_sections(number + std::size_t{1});
  if (totals.free > totals_[number].free)
    seats_freed(section);
  totals_[number] = totals;
  if (!free_by_category.empty())
    free_by_category_[number] = free_by_category;
  if (!totals_seen_[number])
    ++known_totals_;
  totals_seen_[number] = true;
}

void search_hints::seats_freed(domain::section_no section) {
  not_together_.erase(not_together_.lower_bound({section, std::nullopt, {}, 0}),
                      not_together_.lower_bound(
                          {domain::section_no{static_cast<std::uint16_t>(section.value() + 1)}, std::nullopt, {}, 0}));
}

void search_hints::note_not_together(const best_search::attempt& tried, const domain::best_wish& wanted) {
  not_together_.emplace(tried.section, wanted.category, tried.worst, wanted.quantity);
}

std::uint32_t search_hints::free_in(domain::section_no section, std::optional<domain::category_no> category) const {
  const auto& by_category = free_by_category_[section.value()];
  if (!category || by_category.empty())
    return totals_[section.value()].free;
  return category->value() < by_category.size() ? by_category[category->value()] : 0;
}

bool search_hints::may_have(const best_search::attempt& next, const domain::best_wish& wanted) const {
  return free_in(next.section, wanted.category) >= wanted.quantity
         && (next.fit == domain::togetherness::anyhow
             || !not_together_.contains({next.section, wanted.category, next.worst, wanted.quantity}));
}

} // namespace usher::actors
