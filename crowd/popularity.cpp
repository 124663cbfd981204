#include "crowd/popularity.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <cmath>

namespace usher::crowd {

namespace {

/// Spreads neighbouring numbers over all 64 bits (the finalizer of SplitMix64), so that buyers 1 and 2 have
/// nothing in common.
std::uint64_t spread(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

} // namespace

chance::chance(std::uint64_t seed, std::uint64_t number) : engine_(spread(spread(seed) + number)) {}

double chance::unit() {
  return static_cast<double>(engine_() >> 11) * 0x1p-53;
}

std::size_t chance::below(std::size_t below) {
  domain::ensure(below > 0, "there is something to choose from");
  return std::min(static_cast<std::size_t>(unit() * static_cast<double>(below)), below - 1);
}

popularity::popularity(std::size_t ranks, double steepness) {
  domain::ensure(ranks > 0, "there is something to choose from");
  cumulated_.reserve(ranks);
  double sum = 0;
  for (std::size_t rank = 0; rank < ranks; ++rank)
    cumulated_.push_back(sum += std::pow(static_cast<double>(rank + 1), -steepness));
}

std::size_t popularity::draw(chance& by) const {
  auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), by.unit() * cumulated_.back());
  return std::min(static_cast<std::size_t>(found - cumulated_.begin()), ranks() - 1);
}

} // namespace usher::crowd
