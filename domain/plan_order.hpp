#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace usher::domain {

/// The numbers of a section's places.
///
/// A number is given once and means the same place for ever: facts, orders and the table of sold seats carry it. A
/// place's index in the plan's order may change with the plan; a place that the plan drops keeps its number and is
/// retired. Until a plan changes in such a way every index is its own number, and nothing is kept here.
class place_numbers {
public:
  place_numbers() = default;
  /// The places' numbers in plan order, all different, and how many numbers were ever given: 0 up to, but not
  /// including, `given`.
  place_numbers(std::vector<seat_no> by_index, std::uint32_t given);

  /// Every index is its own number.
  [[nodiscard]] bool plain() const noexcept { return plain_; }
  /// Below: not for plain ones, for which nothing is kept.
  [[nodiscard]] seat_no at(std::uint32_t index) const { return by_index_[index]; }
  [[nodiscard]] std::optional<std::uint32_t> index_of(seat_no number) const {
    if (number.value() >= by_number_.size() || by_number_[number.value()] == retired)
      return std::nullopt;
    return by_number_[number.value()];
  }
  /// The numbers of the places that the plan has, in its order.
  [[nodiscard]] const std::vector<seat_no>& by_index() const noexcept { return by_index_; }
  [[nodiscard]] std::uint32_t given() const noexcept { return static_cast<std::uint32_t>(by_number_.size()); }

private:
  static constexpr auto retired = static_cast<std::uint32_t>(-1);

  bool plain_ = true;
  std::vector<seat_no> by_index_;
  std::vector<std::uint32_t> by_number_;
};

} // namespace usher::domain
