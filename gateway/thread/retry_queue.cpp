#include "gateway/thread/retry_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::gateway {

bool retry_queue::add(pending_request which, messages::session_request&& request, clock::time_point now) {
  auto at = now + which.wait;
  if (waiting_.size() >= most_ || at >= which.until)
    return false;
  which.wait = std::min(which.wait * 2, wait_max);
  waiting_.push_back({which, std::move(request), at});
  return true;
}

std::vector<retry_queue::entry> retry_queue::take_due(clock::time_point now) {
  auto due = std::stable_partition(waiting_.begin(), waiting_.end(), [now](const entry& one) { return one.at > now; });
  std::vector<entry> taken(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  return taken;
}

} // namespace usher::gateway
