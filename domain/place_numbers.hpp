#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace usher::domain {

/// The numbers of a section's places.
///
/// A number is given once and means the same place for ever: facts, orders and the table of sold seats carry it. Where
/// the place stands in the plan, its index, may change with the plan, and a place that the plan drops keeps its number
/// and is retired. Until a plan is changed in such a way every index is its own number, and nothing is kept here.
class place_numbers {
public:
  place_numbers() = default;
  /// The places' numbers in plan order, all different, and how many numbers were ever given: from 0 up to, not
  /// including, `given`.
  place_numbers(std::vector<seat_no> by_index, std::uint32_t given);

  /// Every index is its own number.
  [[nodiscard]] bool plain() const noexcept { return plain_; }
  /// Not for plain ones: what is asked for here is known of each place.
  [[nodiscard]] seat_no at(std::uint32_t index) const { return by_index_[index]; }
  [[nodiscard]] std::optional<std::uint32_t> index_of(seat_no number) const {
    if (number.value() >= by_number_.size() || by_number_[number.value()] == retired)
      return std::nullopt;
    return by_number_[number.value()];
  }
  /// Of the places that the plan has.
  [[nodiscard]] const std::vector<seat_no>& by_index() const noexcept { return by_index_; }
  [[nodiscard]] std::uint32_t given() const noexcept { return static_cast<std::uint32_t>(by_number_.size()); }

private:
  static constexpr auto retired = static_cast<std::uint32_t>(-1);

  bool plain_ = true;
  std::vector<seat_no> by_index_;
  std::vector<std::uint32_t> by_number_;
};

} // namespace usher::domain
