#pragma once

#include "domain/section.hpp"
#include "messages/event.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace usher::actors {

/// How some seats look once a fact is durable. The price counts only for sold seats.
struct seats_look {
  std::vector<domain::priced_seat> seats;
  char look = '.';
};

/// One section as everybody may see it: what is durable, not what is merely decided.
class durable_view {
public:
  /// The look of a section all of whose facts are durable.
  explicit durable_view(const domain::section& section);

  /// Shows the section after it was rebuilt: seats that look different count as changed.
  void show(const domain::section& section);
  void show(const seats_look& now);
  /// Shows these seats as held.
  void show_held(std::span<const domain::priced_seat> seats);

  /// One character per seat, by number; seats that the plan no longer has look blocked.
  [[nodiscard]] const std::string& status() const noexcept { return status_; }
  [[nodiscard]] const domain::section_totals& totals() const noexcept { return totals_; }
  [[nodiscard]] std::vector<messages::category_totals> by_category() const;
  /// How many places are free, by category number, up to the last category that has places here.
  [[nodiscard]] const std::vector<std::uint32_t>& free_by_category() const noexcept { return free_by_category_; }

  [[nodiscard]] bool changed() const noexcept { return !changed_.empty(); }
  /// The latest look of every seat that changed since the last call.
  [[nodiscard]] std::vector<std::pair<domain::seat_no, char>> take_changes();

private:
  void show_seat(const domain::priced_seat& seat, char look);
  void show_gone(const domain::priced_seat& seat, char look);
  [[nodiscard]] static std::uint32_t& count(domain::section_totals& totals, char look);

  const domain::section_plan* plan_;
  std::string status_;
  std::vector<domain::category_no> categories_; ///< by number; at hand for every change of a seat, unlike the plan's
  std::vector<domain::minor_units> sold_for_;   ///< by number; counts while it is sold
  std::vector<domain::minor_units> refunded_by_category_; ///< by category number
  std::vector<std::uint32_t> free_by_category_;
  domain::section_totals totals_;
  std::vector<domain::seat_no> changed_;
  std::vector<bool> is_changed_;
};

} // namespace usher::actors
