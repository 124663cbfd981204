#pragma once

#include "actors/best_search.hpp"
#include "domain/section.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace usher::actors {

/// What an event knows of its sections' free places: how many there are, and what cannot be had side by side.
class search_hints {
public:
  /// Sets the number of sections.
  void expect_sections(std::size_t count);
  /// Notes a section's totals.
  void note_totals(domain::section_no section, const domain::section_totals& totals,
                   const std::vector<std::uint32_t>& free_by_category = {});
  /// Notes that seats of a section were freed.
  void seats_freed(domain::section_no section);
  /// Notes that other seats than before may be for sale.
  void offer_changed() { not_together_.clear(); }
  /// Notes that a section cannot have these places side by side until it frees seats.
  void note_not_together(const best_search::attempt& tried, const domain::best_wish& wanted);

  /// Whether, as far as is known, a section may have such places.
  [[nodiscard]] bool may_have(const best_search::attempt& next, const domain::best_wish& wanted) const;
  [[nodiscard]] const std::vector<domain::section_totals>& totals() const noexcept { return totals_; }
  /// Whether every section has reported its totals.
  [[nodiscard]] bool all_totals_known() const noexcept { return known_totals_ == totals_.size() && known_totals_ > 0; }

private:
  /// Section, category (or none), grade and quantity.
  using togetherness_wish =
      std::tuple<domain::section_no, std::optional<domain::category_no>, domain::seat_grade, std::uint32_t>;
  [[nodiscard]] std::uint32_t free_in(domain::section_no section, std::optional<domain::category_no> category) const;

  std::vector<domain::section_totals> totals_;               ///< by section number
  std::vector<std::vector<std::uint32_t>> free_by_category_; ///< by section number; empty: not known
  std::vector<bool> totals_seen_;
  std::size_t known_totals_ = 0;
  std::set<togetherness_wish> not_together_;
};

} // namespace usher::actors
