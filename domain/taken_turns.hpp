#pragma once

#include "domain/facts.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace usher::domain {

/// Which numbers of a waiting room have had their turn: one bit each, across restarts.
///
/// Turns are written down before anybody hears of them. So after a restart the owner of a written number is inside for
/// as long as their pass lasts, whether they have heard of it or not: when they come back, they are told until when.
/// After that their turn is over.
class taken_turns {
public:
  /// The number was let in; the next `to_write` includes it.
  void take(queue_number number);
  /// The number was given up. That is not written: after a restart it may be used again.
  void give_up(queue_number number);

  /// Ends the turns of those from before a restart whose passes have ended.
  void settle(instant now);
  /// Whether this number can no longer be used to queue or to come back.
  [[nodiscard]] bool over(queue_number number) const;
  /// The owner of a number that was let in before a restart is back: from now on the caller counts them. Returns until
  /// when their pass lasts; nothing if this number was not let in before a restart, or is over.
  [[nodiscard]] std::optional<instant> come_back(queue_number number);
  /// How many people that were let in before a restart may still be inside, and have not come back.
  [[nodiscard]] std::uint64_t inside_from_before() const noexcept { return inside_.size(); }
  /// When `settle` may have something to do next, if there are such people.
  [[nodiscard]] std::optional<instant> next_to_settle() const;

  /// The turns not written yet; applying this marks them as written. Whole seconds make small snapshots: turns with the
  /// same end are kept together.
  [[nodiscard]] std::optional<turns_taken> to_write(instant inside_until) const;
  void apply(const turns_taken& happened);
  void apply(const numbers_used_up& happened);
  /// Facts equivalent to all that were applied. O(numbers).
  [[nodiscard]] std::vector<fact> snapshot() const;

  /// The highest number that was let in; 0 when none was.
  [[nodiscard]] queue_number highest() const noexcept { return highest_; }

private:
  using bits = std::vector<std::uint64_t>;

  static void set(bits& of, queue_number number);
  static void clear(bits& of, queue_number number);
  [[nodiscard]] static bool has(const bits& of, queue_number number);

  bits over_; ///< by number
  /// Until when, by number: let in before a restart, and not back since.
  boost::unordered_flat_map<std::uint64_t, instant> inside_;
  std::deque<turns_taken> recent_;  ///< whose passes may last; the first to end is in front
  std::vector<queue_number> taken_; ///< not written yet
  queue_number highest_;
};

} // namespace usher::domain
