#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace usher::domain {

/// The position of a place in its section of a plan, from 0. No number converts to it, nor it to a number: only
/// `plan_order` knows both.
using plan_index = identifier<struct plan_index_tag, std::uint32_t>;

/// The one translator between the numbers of a section's places and their positions in the plan.
///
/// A number is given once and means the same place for ever: facts, orders and the table of sold seats carry it. A
/// place's position may change with the plan; a place that the plan drops keeps its number and is retired. Until a plan
/// changes in such a way the order is `plain`: every place has its position as its number, and nothing is kept here.
class plan_order {
public:
  /// A plain order.
  plan_order() = default;
  /// The places' numbers in plan order, all different, and how many numbers were ever given: 0 up to, but not
  /// including, `given`.
  plan_order(std::vector<seat_no> by_index, std::uint32_t given);

  /// Every place has its position as its number.
  [[nodiscard]] bool plain() const noexcept { return plain_; }
  /// The number of the place at a position that the plan has.
  [[nodiscard]] seat_no number_at(plan_index index) const {
    return plain_ ? seat_no{index.value()} : by_index_[index.value()];
  }
  /// The position of a place in a plan with `capacity` places here; nothing when the plan does not have the place.
  [[nodiscard]] std::optional<plan_index> index_of(seat_no number, std::uint32_t capacity) const {
    if (plain_)
      return number.value() < capacity ? std::optional{plan_index{number.value()}} : std::nullopt;
    if (number.value() >= by_number_.size() || by_number_[number.value()] == retired)
      return std::nullopt;
    return plan_index{by_number_[number.value()]};
  }
  /// How many numbers were ever given in a plan with `capacity` places here; every number is lower.
  [[nodiscard]] std::uint32_t given(std::uint32_t capacity) const noexcept {
    return plain_ ? capacity : static_cast<std::uint32_t>(by_number_.size());
  }
  /// The numbers of the places in plan order; empty for a plain order.
  [[nodiscard]] const std::vector<seat_no>& by_index() const noexcept { return by_index_; }

private:
  static constexpr auto retired = static_cast<std::uint32_t>(-1);

  bool plain_ = true;
  std::vector<seat_no> by_index_;
  std::vector<std::uint32_t> by_number_;
};

} // namespace usher::domain
