#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace usher::simulation {

/// Chance from a seed: the same seed, the same draws, on every machine. (SplitMix64; the standard library's
/// distributions differ between implementations.)
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  /// From 0 to `bound` - 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// From `low` to `high`, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  /// True `of_a_thousand` times out of a thousand.
  bool chance(std::uint64_t of_a_thousand) { return below(1000) < of_a_thousand; }

  /// Mostly near `low`, now and then as long as `high`.
  std::chrono::microseconds wait(std::chrono::microseconds low, std::chrono::microseconds high) {
    auto span = static_cast<std::uint64_t>((high - low).count());
    auto most = chance(100) ? span : span / 8;
    return low + std::chrono::microseconds{static_cast<std::int64_t>(below(most + 1))};
  }

  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

private:
  std::uint64_t state_;
};

} // namespace usher::simulation
