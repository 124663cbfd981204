#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace usher::domain {

/// The free places of a general-admission section, in the order in which they are given out.
///
/// Places that come back go to the end: they are given out last, so that a payment that arrives after its hold has
/// ended most likely finds its places free. A list in two flat arrays: every step is O(1), even taking a place out of
/// the middle when facts are replayed.
class free_places {
public:
  /// All of `capacity` places are free, the lowest number first.
  explicit free_places(std::uint32_t capacity);
  /// Makes exactly these places free, in this order; all are below `end`.
  free_places(std::span<const seat_no> places, std::uint32_t end);

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

  /// Calls `each` with the next `quantity` places; there must be that many.
  template <class Each>
  void peek(std::uint32_t quantity, Each each) const {
    for (auto place = next_[end_]; quantity > 0; --quantity, place = next_[place])
      each(seat_no{place});
  }

  /// Takes a free place out.
  void take(seat_no place);
  /// Puts a place back, behind all others.
  void put_back(seat_no place);

private:
  // A ring through one extra entry behind the last place, which is where the list begins and ends.
  std::uint32_t end_;
  std::uint32_t size_;
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> previous_;
};

} // namespace usher::domain
