#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <compare>
#include <cstddef>
#include <deque>
#include <optional>

namespace usher::domain {

/// When each live hold ends, the earliest first.
///
/// Deadlines mostly come in order: they are kept in one row, and a new one is appended in O(1) without an allocation of
/// its own. One that comes out of order is inserted in its place. One that is removed, in O(log n), leaves a gap, which
/// goes when it reaches the front or when more than half of the row are gaps.
class deadlines {
public:
  /// Requires that this hold has no deadline at that moment yet.
  void add(instant at, hold_id hold);
  /// Requires that it was added.
  void remove(instant at, hold_id hold);

  [[nodiscard]] std::optional<instant> earliest() const;

  /// Calls `each(at, hold)` in order, holds of the same moment by id, as long as it returns true.
  template <class Each>
  void in_order(Each each) const {
    for (const auto& next : row_)
      if (!next.gone && !each(next.when.at, next.when.hold))
        return;
  }

  /// Equal when the same holds end at the same moments.
  friend bool operator==(const deadlines& a, const deadlines& b);

private:
  struct moment {
    instant at;
    hold_id hold;

    friend auto operator<=>(const moment&, const moment&) = default;
  };

  struct place {
    moment when;
    bool gone = false;
  };

  [[nodiscard]] std::deque<place>::iterator not_before(const moment& when);

  std::deque<place> row_; ///< in order, each moment once; the first one is not gone
  std::size_t gone_ = 0;
};

} // namespace usher::domain
