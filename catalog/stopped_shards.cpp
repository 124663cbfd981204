#include "catalog/stopped_shards.hpp"

#include <cstdint>
#include <utility>

namespace usher::catalog {

std::optional<std::chrono::seconds> stopped_shards::add(const domain::shard_id& shard,
                                                        caf::actor_clock::time_point now) {
  auto& event = events_[shard.event];
  event.stopped.insert(shard);
  show();
  if (event.attempts > 0 && now - event.last > forgiven_after)
    event.attempts = 0;
  if (event.for_good || event.attempts >= attempts_max || std::exchange(event.start_is_due, true))
    return std::nullopt;
  event.last = now;
  return first_pause * (1 << event.attempts++);
}

void stopped_shards::add_for_good(const domain::shard_id& shard) {
  auto& event = events_[shard.event];
  event.stopped.insert(shard);
  event.for_good = true;
  show();
}

bool stopped_shards::may_start(const domain::event_id& event) const {
  auto found = events_.find(event);
  return found != events_.end() && !found->second.for_good;
}

void stopped_shards::started(const domain::event_id& event) {
  auto& one = events_[event];
  one.start_is_due = false;
  one.stopped.clear();
  show();
}

void stopped_shards::show() {
  std::size_t count = 0;
  for (const auto& [id, event] : events_)
    count += event.stopped.size();
  count_.value(static_cast<std::int64_t>(count));
}

} // namespace usher::catalog
