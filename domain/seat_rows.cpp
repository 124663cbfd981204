#include "domain/seat_rows.hpp"

namespace usher::domain {

seat_rows::seat_rows(const section_plan& plan) : general_category_(plan.general_category) {
  row_numbers_.reserve(plan.seats.size());
  categories_.reserve(plan.seats.size());
  for (std::uint32_t i = 0; i < plan.seats.size(); ++i) {
    if (i == 0 || plan.seats[i].row != plan.seats[i - 1].row)
      rows_.push_back({i, i});
    ++rows_.back().end;
    row_numbers_.push_back(static_cast<std::uint16_t>(rows_.size() - 1));
    categories_.push_back(plan.seats[i].category);
  }
}

} // namespace usher::domain
