#pragma once

#include "domain/ids.hpp"
#include "domain/seating_plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace usher::domain {

/// A run of neighbouring seats of a section, by their positions in the plan: from `first` up to, but not including,
/// `end`.
struct seat_range {
  std::uint32_t first = 0;
  std::uint32_t end = 0;

  [[nodiscard]] std::uint32_t size() const noexcept { return end - first; }
  [[nodiscard]] bool contains(std::uint32_t index) const noexcept { return first <= index && index < end; }

  friend bool operator==(const seat_range&, const seat_range&) = default;
};

/// What holds need of a section's plan, made once and kept small: planned seats carry text and would fill the cache.
///
/// All seats of a row here are neighbours: an aisle inside a row of the plan splits it in two. That is a break that the
/// plan names, or a gap of more than `aisle_pitches` times that row's usual gap. In a plan's row without usable
/// positions (all the same, or too large to measure) all seats are neighbours.
class seat_rows {
public:
  static constexpr double aisle_pitches = 1.75;

  explicit seat_rows(const section_plan& plan);

  /// In plan order; none in general admission.
  [[nodiscard]] const std::vector<seat_range>& rows() const noexcept { return rows_; }
  /// The row of a seat of a seated section.
  [[nodiscard]] seat_range row_of(plan_index seat) const { return rows_[row_numbers_[seat.value()]]; }
  [[nodiscard]] category_no category_of(plan_index seat) const {
    return categories_.empty() ? general_category_ : categories_[seat.value()];
  }
  [[nodiscard]] seat_grade grade_of(plan_index seat) const {
    return seats_.empty() ? seat_grade::plain : seats_[seat.value()].grade;
  }
  /// Whether any seat is of this grade.
  [[nodiscard]] bool has(seat_grade grade) const noexcept { return has_grade_[static_cast<std::size_t>(grade)]; }
  /// Whether these belong together: a wheelchair place and the seat of its companion beside it. Each belongs to one
  /// other at most, and where several could, they are paired from the beginning of their row.
  [[nodiscard]] bool are_companions(plan_index a, plan_index b) const {
    return !seats_.empty() && a != b && seats_[a.value()].partner == b.value();
  }

private:
  struct flags {
    seat_grade grade = seat_grade::plain;
    std::uint32_t partner = 0; ///< the seat that belongs to it; itself if there is none
  };

  std::vector<seat_range> rows_;
  std::vector<std::uint32_t> row_numbers_; ///< by seat
  std::vector<category_no> categories_;    ///< by seat; empty in general admission
  category_no general_category_;
  std::vector<flags> seats_; ///< by seat; empty when all are plain
  std::array<bool, 3> has_grade_{};
};

} // namespace usher::domain
