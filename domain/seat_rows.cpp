#include "domain/seat_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace usher::domain {
namespace {

double distance(const planned_seat& a, const planned_seat& b) {
  return std::hypot(a.position.x - b.position.x, a.position.y - b.position.y);
}

/// How far apart neighbours in this row of the plan may be; beyond that there is an aisle between them.
double reach_in(std::span<const planned_seat> row) {
  constexpr double any_distance = std::numeric_limits<double>::infinity();
  std::vector<double> gaps;
  gaps.reserve(row.size());
  for (std::size_t i = 1; i < row.size(); ++i)
    gaps.push_back(distance(row[i - 1], row[i]));
  auto usable = [](double gap) { return std::isfinite(gap); };
  if (gaps.empty() || !std::all_of(gaps.begin(), gaps.end(), usable))
    return any_distance;
  // The lower median: in a short row an aisle is easily half of the gaps.
  auto middle = gaps.begin() + static_cast<std::ptrdiff_t>((gaps.size() - 1) / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle > 0 ? seat_rows::aisle_pitches * *middle : any_distance;
}

bool belong_together(const planned_seat& a, const planned_seat& b) {
  return (a.accessible && b.companion) || (a.companion && b.accessible);
}

} // namespace

seat_rows::seat_rows(const section_plan& plan) : general_category_(plan.general_category) {
  const auto& seats = plan.seats;
  row_numbers_.reserve(seats.size());
  categories_.reserve(seats.size());
  for (std::uint32_t begin = 0; begin < seats.size();) {
    auto end = begin + 1;
    while (end < seats.size() && seats[end].row == seats[begin].row)
      ++end;
    auto reach = reach_in(std::span{seats}.subspan(begin, end - begin));
    for (auto i = begin; i < end; ++i) {
      if (i == begin || seats[i].after_break || distance(seats[i - 1], seats[i]) > reach)
        rows_.push_back({i, i});
      ++rows_.back().end;
      row_numbers_.push_back(static_cast<std::uint32_t>(rows_.size() - 1));
      categories_.push_back(seats[i].category);
    }
    begin = end;
  }
  for (const auto& seat : seats)
    has_grade_[static_cast<std::size_t>(seat.grade())] = true;
  if (has(seat_grade::restricted) || has(seat_grade::wheelchair)) {
    seats_.reserve(seats.size());
    for (std::uint32_t i = 0; i < seats.size(); ++i)
      seats_.push_back({seats[i].grade(), i});
    for (auto row : rows_)
      for (auto i = row.first; i + 1 < row.end; ++i)
        if (belong_together(seats[i], seats[i + 1]) && seats_[i].partner == i) {
          seats_[i].partner = i + 1;
          seats_[i + 1].partner = i;
        }
  }
}

} // namespace usher::domain
