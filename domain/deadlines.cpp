#include "domain/deadlines.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace usher::domain {

std::deque<deadlines::place>::iterator deadlines::not_before(const moment& when) {
  return std::lower_bound(row_.begin(), row_.end(), when,
                          [](const place& each, const moment& wanted) { return each.when < wanted; });
}

void deadlines::add(instant at, hold_id hold) {
  moment when{at, hold};
  if (row_.empty() || row_.back().when < when) {
    row_.push_back({when});
    return;
  }
  auto position = not_before(when);
  if (position->when != when) {
    row_.insert(position, {when});
    return;
  }
  ensure(position->gone, "a hold ends once");
  position->gone = false;
  --gone_;
}

void deadlines::remove(instant at, hold_id hold) {
  moment when{at, hold};
  auto position = not_before(when);
  ensure(position != row_.end() && position->when == when && !position->gone, "a deadline is removed once");
  position->gone = true;
  ++gone_;
  for (; !row_.empty() && row_.front().gone; --gone_)
    row_.pop_front();
  if (gone_ > row_.size() / 2) {
    std::erase_if(row_, [](const place& each) { return each.gone; });
    gone_ = 0;
  }
}

std::optional<instant> deadlines::earliest() const {
  return row_.empty() ? std::nullopt : std::optional{row_.front().when.at};
}

bool operator==(const deadlines& a, const deadlines& b) {
  auto listed = [](const deadlines& x) {
    std::vector<std::pair<instant, hold_id>> result;
    x.in_order([&](instant at, hold_id hold) {
      result.emplace_back(at, hold);
      return true;
    });
    return result;
  };
  return listed(a) == listed(b);
}

} // namespace usher::domain
