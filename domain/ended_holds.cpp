#include "domain/ended_holds.hpp"

#include <algorithm>

namespace usher::domain {

ended_holds::ended_holds(std::size_t most) : most_(most) {
  // grows with use: most sections of most events never fill it
}

void ended_holds::remember(hold_id id) {
  if (!known_.insert(id).second)
    return;
  if (ring_.size() < most_) {
    ring_.push_back(id);
    return;
  }
  known_.erase(ring_[oldest_]);
  ring_[oldest_] = id;
  oldest_ = (oldest_ + 1) % most_;
}

std::vector<hold_id> ended_holds::in_order() const {
  auto result = ring_;
  std::rotate(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(oldest_), result.end());
  return result;
}

bool ended_holds::agrees_with(const ended_holds& other) const {
  auto longer = in_order();
  auto shorter = other.in_order();
  if (longer.size() < shorter.size())
    longer.swap(shorter);
  return shorter.size() >= std::min(longer.size(), least)
         && std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin());
}

} // namespace usher::domain
