#pragma once

#include "domain/instant.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace usher::domain {

/// When the next person may be let in: evenly spread, and never more than the rate in any one second, wherever it
/// begins, both ends included.
///
/// Two rules apply: slots one interval apart keep the pace smooth, and a log of the last second keeps the promise. The
/// log has at most as many entries as the rate.
class admission_rate {
public:
  explicit admission_rate(std::uint32_t per_s);

  [[nodiscard]] std::uint32_t per_s() const noexcept { return per_s_; }

  /// A rise takes full effect only a second later: until then the last second still includes the former rate.
  void change(std::uint32_t per_s);

  /// Says that nobody is waiting: slots that pass before the next call of `may_admit` are not made up for.
  void rest() noexcept { resting_ = true; }

  /// Whether one more may enter at `now`. If so, `note_admission` must follow with the same `now`.
  [[nodiscard]] bool may_admit(instant now);
  void note_admission(instant now);
  /// The latest people who were let in hear of it only at `now`: it is then that they count. Call it before the next
  /// `may_admit`.
  void delay_latest(instant now);
  /// Nobody may enter within a second after `now`: perhaps a full second's people entered just before it.
  void assume_full(instant now);

  /// When `may_admit` could next say yes, at `now` or later.
  [[nodiscard]] instant next(instant now) const;

private:
  using fine_instant = std::chrono::sys_time<std::chrono::nanoseconds>;

  struct entry {
    instant at;
    std::uint32_t people = 0;
  };
  struct former_rate {
    instant until; ///< seconds that end no later than this have seen this rate
    std::uint32_t per_s = 0;
  };

  void advance(instant now);
  [[nodiscard]] std::uint32_t limit() const noexcept;

  std::uint32_t per_s_;
  bool resting_ = true;
  fine_instant next_slot_{};
  instant latest_{}; ///< time does not run backwards here, whatever callers bring
  std::deque<entry> log_;
  std::uint64_t logged_ = 0; ///< people in the log
  std::optional<std::uint32_t> changed_from_;
  std::deque<former_rate> former_; ///< rates that are lower than all later ones, so the lowest is in front
};

} // namespace usher::domain
