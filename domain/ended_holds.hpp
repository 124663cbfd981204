#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <unordered_set>
#include <vector>

namespace usher::domain {

/// The holds that ended last, so that a late repeat of a request learns that its hold ended instead of holding anew.
/// Remembers at most `most` of them and forgets the oldest first; by no time, so this is no `bounded_by_end`.
class ended_holds {
public:
  /// At least this many are remembered, however small the section.
  static constexpr std::size_t least = 1024;

  explicit ended_holds(std::size_t most);

  void remember(hold_id id);
  [[nodiscard]] bool contains(hold_id id) const { return known_.contains(id); }
  /// The oldest first.
  [[nodiscard]] std::vector<hold_id> in_order() const;

  /// Whether the shorter list is the newest part of the longer: how many a section remembers depends on its size, which
  /// may have been different when they were written.
  [[nodiscard]] bool agrees_with(const ended_holds& other) const;

private:
  std::size_t most_;
  std::size_t oldest_ = 0; ///< where the ring begins once it is full
  std::vector<hold_id> ring_;
  std::unordered_set<hold_id> known_;
};

} // namespace usher::domain
