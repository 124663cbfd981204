#pragma once

#include "domain/instant.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>

namespace usher::actors {

/// What the store's clock said to one question, on a steady clock of this process.
struct clock_reading {
  domain::instant there;
  domain::microseconds asked;    ///< when, on the steady clock
  domain::microseconds answered; ///< likewise
};

/// What came of a reading.
enum class clock_verdict {
  followed, ///< the clocks agree, or will soon
  jumped,   ///< one of the clocks was stepped just now; this time is not
  apart,    ///< it was stepped before, and is still as far away
  agrees,   ///< it was stepped before, and is back
};

/// The store's time as this process counts it: a steady clock plus an offset that follows the store's clock slowly.
///
/// Deadlines are promised in this time, so it never goes backwards and never leaps: it is slewed by at most 500 µs a
/// second towards the best of the newest readings, and a clock that is suddenly more than half a second away is not
/// followed at all. One thread brings readings; any thread may ask for the time, and never waits.
class slewed_time {
public:
  static constexpr domain::microseconds jump{500'000};
  static constexpr std::int64_t slew_divisor = 2'000; ///< one microsecond in so many
  static constexpr std::size_t readings_max = 10;

  /// The store says `there` when the steady clock says `here`.
  slewed_time(domain::instant there, domain::microseconds here);

  [[nodiscard]] domain::instant at(domain::microseconds here) const noexcept {
    for (;;) {
      auto number = number_.load(std::memory_order_acquire);
      const auto& now = segments_[number % segments_.size()];
      auto since = now.since.load(std::memory_order_acquire);
      auto offset = now.offset.load(std::memory_order_acquire);
      auto target = now.target.load(std::memory_order_acquire);
      if (number_.load(std::memory_order_relaxed) == number)
        return domain::instant{here + domain::microseconds{slewed(here.count() - since, offset, target)}};
    }
  }

  /// Takes a reading into account. By one thread at a time.
  clock_verdict take(const clock_reading& reading);
  /// By how much the store was ahead of this time at the newest reading.
  [[nodiscard]] domain::microseconds difference() const noexcept { return difference_; }

private:
  /// From `since` on the offset moves from `offset` to `target`, and stays there.
  struct segment {
    std::atomic<std::int64_t> since{0};
    std::atomic<std::int64_t> offset{0};
    std::atomic<std::int64_t> target{0};
  };
  struct known_offset {
    domain::microseconds offset;
    domain::microseconds round_trip;
  };

  static constexpr std::int64_t slewed(std::int64_t elapsed, std::int64_t offset, std::int64_t target) noexcept {
    auto most = elapsed > 0 ? elapsed / slew_divisor : 0;
    auto wanted = target - offset;
    return offset + (wanted > most ? most : wanted < -most ? -most : wanted);
  }

  [[nodiscard]] domain::microseconds offset_at(domain::microseconds here) const noexcept {
    return at(here).time_since_epoch() - here;
  }
  void steer(domain::microseconds here, domain::microseconds target) noexcept;

  /// Whoever reads one is not disturbed while the next one is written.
  std::array<segment, 2> segments_;
  std::atomic<std::uint64_t> number_{0}; ///< of the present segment

  std::deque<known_offset> readings_; ///< the newest ones
  domain::microseconds difference_{0};
  std::optional<domain::microseconds> jumped_by_; ///< while the clocks are apart
};

} // namespace usher::actors
