#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <vector>

namespace usher::domain {

/// How many people stand in line before one of its numbers.
struct line_mark {
  queue_number number;
  std::uint64_t waiting = 0;
  std::uint64_t present = 0; ///< of these, those who are there

  friend bool operator==(const line_mark&, const line_mark&) = default;
};

/// A line as it looks from afar, made by `waiting_line::outline`: small enough to be told to every gateway, and good
/// enough to tell each person where they stand. Numbers that nobody has, e.g. those that a restart skipped, count for
/// nobody.
struct line_outline {
  std::vector<line_mark> marks; ///< ascending by number; between two of them people are spread evenly

  /// An estimate of how many people stand before `number`: exact at a mark, and never off by more than the number of
  /// people between two marks. O(log marks).
  [[nodiscard]] line_mark before(queue_number number) const;
};

} // namespace usher::domain
