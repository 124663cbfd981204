#include "catalog/stopped_shards.hpp"

#include <algorithm>

namespace usher::catalog {

std::optional<std::chrono::milliseconds> stopped_shards::add(const domain::shard_id& shard,
                                                             caf::actor_clock::time_point now) {
  auto& one = shards_[shard];
  one.is_stopped = true;
  show();
  if (one.attempts > 0 && now - one.last > forgiven_after)
    one.attempts = 0;
  if (one.attempts >= attempts_max)
    return std::nullopt;
  one.last = now;
  return first_pause * (1 << one.attempts++);
}

std::optional<std::chrono::milliseconds> stopped_shards::add_for_good(const domain::shard_id& shard) {
  shards_[shard].is_stopped = true;
  show();
  return std::nullopt;
}

void stopped_shards::started(const domain::shard_id& shard) {
  if (auto found = shards_.find(shard); found != shards_.end())
    found->second.is_stopped = false;
  show();
}

void stopped_shards::gone(const domain::shard_id& shard) {
  if (shards_.erase(shard) > 0)
    show();
}

void stopped_shards::show() {
  count_.value(std::count_if(shards_.begin(), shards_.end(), [](const auto& one) { return one.second.is_stopped; }));
}

} // namespace usher::catalog
