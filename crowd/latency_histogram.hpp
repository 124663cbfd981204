#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace usher::crowd {

/// How long things took, by HdrHistogram's method: log-linear buckets, so that every reading is exact to three
/// significant digits from 1 µs to an hour, in a fixed 190 kB; recording is O(1).
class latency_histogram {
public:
  using microseconds = std::chrono::microseconds;

  /// Longer values count as this long.
  static constexpr microseconds longest = std::chrono::hours(1);

  latency_histogram();

  /// Counts one value. Negative ones count as 0.
  void record(microseconds value);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] microseconds max() const noexcept { return microseconds(max_); }
  /// Exact, 0 when nothing was counted.
  [[nodiscard]] double mean_us() const noexcept;
  /// The smallest value that `percent` of all values do not exceed, at most 0.1 % too large. `percent` is in (0, 100].
  /// 0 if nothing was counted.
  [[nodiscard]] microseconds percentile(double percent) const;
  /// The same in milliseconds, for reports.
  [[nodiscard]] double percentile_ms(double percent) const;

private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::int64_t max_ = 0;
};

} // namespace usher::crowd
