#pragma once

#include "cluster/member.hpp"

#include <atomic>
#include <chrono>
#include <optional>

namespace usher::cluster {

struct serving_right_limits {
  /// After sending its last beat that was counted, a node answers for so long. Less than what makes it silent to others
  /// (`member_watch_limits::silence`), so that it has stopped before anybody has its shards. Without a lease it answers
  /// for as long as it is awake: a node that serves its store alone, which nobody ends for its silence as long as it is
  /// alone, and which goes on refusing while the store is away.
  std::optional<std::chrono::milliseconds> lease{5'000};
  /// A process that did not get to note the time for so long was asleep.
  std::chrono::milliseconds asleep{1'500};
};

/// Until when this node may answer from what it has in memory. What it writes is fenced in any case; this is about
/// refusals and views, which cost no write.
///
/// A process that was stopped does not know it. So a thread notes the time again and again, and whoever is about to
/// answer looks how long ago that was. After a sleep the right comes back only with a beat that was sent since; after
/// the node was ended, only with one of its next life. May be used on any thread; all times are of one clock, which
/// goes on while the machine sleeps (`boot_time`).
class serving_right {
public:
  explicit serving_right(serving_right_limits limits = {}) : limits_(limits) {}

  /// The thread that notes the time is awake.
  void note_time(tick now);
  /// A beat was counted that was sent at this moment.
  void note_beat(tick sent);
  /// Others were told that they may have this node's shards, as it cannot beat: only a beat that is sent from now on
  /// gives the right back.
  void waive(tick now) { waived_ = now.time_since_epoch().count(); }
  /// The store counts this node's beats no more: it has been ended.
  void end() { ended_ = true; }
  /// This node has joined again: beats that are sent from now on count.
  void begin(tick now);

  [[nodiscard]] bool holds(tick now) const;

private:
  using count = tick::rep;
  static constexpr count never = tick::min().time_since_epoch().count();

  [[nodiscard]] static tick at(const std::atomic<count>& moment) { return tick{tick::duration{moment.load()}}; }

  serving_right_limits limits_;
  std::atomic<count> beat_{never};  ///< the last one that was counted, when it was sent
  std::atomic<count> noted_{never}; ///< the time, most recently
  std::atomic<count> woke_{never};  ///< from the last sleep
  std::atomic<count> born_{never};  ///< the present life, if the node has joined again
  std::atomic<count> waived_{never};
  std::atomic<bool> ended_{false};
};

} // namespace usher::cluster
