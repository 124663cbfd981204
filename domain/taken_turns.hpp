#pragma once

#include "domain/facts.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::domain {

/// Which numbers of a waiting room have had their turn: one bit each, across restarts.
///
/// Turns are written down a little after they are taken, and whoever was let in may not have heard of it when the
/// node dies. So after a restart a number counts as over only when its `repeatable_until` has passed. Until then its
/// owner is taken to be inside, but may queue with it again.
class taken_turns {
public:
  /// The number was let in; the next `to_write` includes it.
  void take(queue_number number);
  /// The number was given up. That is not written: after a restart it may be used again.
  void give_up(queue_number number);

  /// Ends the turns that may no longer be repeated.
  void settle(instant now);
  /// Whether this number can no longer be used to queue.
  [[nodiscard]] bool over(queue_number number) const;
  /// Its owner queues again.
  void repeat(queue_number number);
  /// How many people that were let in before a restart may still be inside.
  [[nodiscard]] std::uint64_t inside_from_before() const noexcept { return inside_count_; }
  /// When `settle` has something to do next, if there are such people.
  [[nodiscard]] std::optional<instant> next_to_settle() const;

  /// The turns not written yet; applying this marks them as written.
  [[nodiscard]] std::optional<turns_taken> to_write(instant repeatable_until) const;
  void apply(const turns_taken& happened);
  /// Facts equivalent to all that were applied. O(numbers).
  [[nodiscard]] std::vector<turns_taken> snapshot() const;

  /// The highest number that was let in.
  [[nodiscard]] queue_number highest() const noexcept { return highest_; }

private:
  using bits = std::vector<std::uint64_t>;

  static void set(bits& of, queue_number number);
  static void clear(bits& of, queue_number number);
  [[nodiscard]] static bool has(const bits& of, queue_number number);

  bits over_;   ///< by number
  bits inside_; ///< by number: let in before a restart, and not back in line
  std::uint64_t inside_count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> again_; ///< how often more a number is among the recent ones
  std::deque<turns_taken> recent_;                         ///< may be repeated after a restart; oldest first
  std::vector<queue_number> taken_;                        ///< not written yet
  queue_number highest_;
};

} // namespace usher::domain
