#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// Randomness that is the same on every machine: the standard's distributions are not specified to the bit.
namespace usher::crowd {

/// One buyer's chance: the same for the same seed and number, and independent of everybody else's.
class chance {
public:
  chance(std::uint64_t seed, std::uint64_t number);

  /// In [0, 1).
  double unit();
  /// True with this probability.
  bool happens(double probability) { return unit() < probability; }
  /// In [0, below); `below` is positive.
  std::size_t below(std::size_t below);

private:
  std::mt19937_64 engine_;
};

/// Draws ranks, the first of which are the most popular: Zipf's law, rank r with a weight of 1 / (r + 1)^steepness.
class popularity {
public:
  popularity(std::size_t ranks, double steepness);

  [[nodiscard]] std::size_t ranks() const noexcept { return cumulated_.size(); }
  /// A rank, from 0. O(log ranks).
  std::size_t draw(chance& by) const;

private:
  std::vector<double> cumulated_;
};

} // namespace usher::crowd
