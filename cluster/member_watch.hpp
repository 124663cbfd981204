#pragma once

#include "cluster/member.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace usher::cluster {

struct member_watch_limits {
  /// A member whose beat stands still for so long is silent.
  std::chrono::milliseconds silence{6'000};
  /// Between two looks at the store. After a longer one nothing is known of the time between, and the watch starts
  /// over: so nobody is called silent right after the store, or this node itself, was away.
  std::chrono::milliseconds gap{2'000};
};

/// The beats of the members, as this node sees them by its own clock. No other clock counts, neither theirs nor the
/// store's, so a clock that jumps ends nobody.
class member_watch {
public:
  /// A member whose beat stands still, and the beat.
  struct silent_member {
    incarnation number;
    std::uint64_t beat = 0;
  };

  explicit member_watch(member_watch_limits limits = {}) : limits_(limits) {}

  /// The store was asked at one moment, and answered at another.
  void note(const membership& all, tick asked, tick answered);
  /// Who was silent when the store was last asked, unless that is too long ago.
  [[nodiscard]] std::vector<silent_member> silent(tick now) const;
  /// For how long a member's beat has certainly stood still, as of when the store was last asked.
  [[nodiscard]] std::optional<tick::duration> still(incarnation number) const;

private:
  struct seen_beat {
    std::uint64_t beat = 0;
    tick since; ///< it has been seen
  };

  [[nodiscard]] bool is_after_gap(tick asked) const { return !asked_ || asked - *answered_ > limits_.gap; }

  member_watch_limits limits_;
  std::map<incarnation, seen_beat> seen_;
  std::optional<tick> asked_;    ///< the store, most recently
  std::optional<tick> answered_; ///< and its answer to that
};

} // namespace usher::cluster
