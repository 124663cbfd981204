#pragma once

#include "gateway/moment.hpp"

#include <algorithm>
#include <chrono>

namespace usher::gateway {

/// How often one connection was refused for coming too often. One refusal a second is forgotten, so a client that is
/// told to wait and does so is not reproached with it; but no success in between makes up for the rest.
class strikes {
public:
  /// Counts a refusal that weighs `weight`. True when they are `most` by now: time to close.
  [[nodiscard]] bool count(double weight, double most, moment now) {
    std::chrono::duration<double> passed = std::max(now - since_, moment::duration::zero());
    level_ = std::max(level_ - passed.count(), 0.0) + weight;
    since_ = now;
    return level_ > most - 1; // what was forgotten within the last second still counts
  }

private:
  double level_ = 0;
  moment since_;
};

} // namespace usher::gateway
