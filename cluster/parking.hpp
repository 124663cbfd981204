#pragma once

#include "domain/ids.hpp"
#include "failpoint/plant.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::cluster {

struct parking_limits {
  std::size_t at_one_max = 4'096;  ///< for one shard
  std::size_t in_all_max = 65'536; ///< for all shards
  /// How long somebody waits for a shard that nobody is known to serve.
  std::chrono::milliseconds patience{2'000};
};

/// What is for shards that nobody is known to serve just now, in the order in which it came. Reads no clock.
template <class What>
class parking {
public:
  using moment = std::chrono::steady_clock::time_point;

  explicit parking(parking_limits limits = {}) : limits_(limits) {}

  /// False when there is no room; then `what` is left as it was.
  [[nodiscard]] bool add(const domain::shard_id& shard, What& what, moment now) {
    if (count_ >= limits_.in_all_max)
      return false;
    auto& waiting = waiting_[shard];
    if (waiting.size() >= limits_.at_one_max)
      return false;
    waiting.push_back({std::move(what), now + limits_.patience});
    ++count_;
    return true;
  }

  /// Removes what is for this shard.
  [[nodiscard]] std::vector<What> take(const domain::shard_id& shard) {
    std::vector<What> result;
    auto found = waiting_.find(shard);
    if (found == waiting_.end())
      return result;
    result.reserve(found->second.size());
    for (auto& one : found->second)
      result.push_back(std::move(one.what));
    count_ -= result.size();
    waiting_.erase(found);
    if (failpoint::planted("parked_requests_dropped"))
      result.clear();
    return result;
  }

  /// Removes what has waited for too long.
  [[nodiscard]] std::vector<What> take_overdue(moment now) {
    std::vector<What> result;
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      auto& waiting = each->second;
      for (; !waiting.empty() && waiting.front().until <= now; waiting.pop_front())
        result.push_back(std::move(waiting.front().what));
      each = waiting.empty() ? waiting_.erase(each) : std::next(each);
    }
    count_ -= result.size();
    return result;
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

private:
  struct entry {
    What what;
    moment until;
  };

  parking_limits limits_;
  std::unordered_map<domain::shard_id, std::deque<entry>> waiting_;
  std::size_t count_ = 0;
};

} // namespace usher::cluster
