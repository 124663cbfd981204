#include "cluster/shard_map.hpp"

#include <utility>

namespace usher::cluster {

const messages::section_actor* event_homes::section(domain::section_no number) const {
  return number.value() < sections.size() ? &sections[number.value()] : nullptr;
}

void shard_map::put(const domain::event_id& event, event_homes homes) {
  homes_.insert_or_assign(event, std::move(homes));
}

const event_homes* shard_map::find(const domain::event_id& event) const {
  auto found = homes_.find(event);
  return found == homes_.end() ? nullptr : &found->second;
}

std::vector<domain::event_id> shard_map::events() const {
  std::vector<domain::event_id> result;
  result.reserve(homes_.size());
  for (const auto& [event, homes] : homes_)
    result.push_back(event);
  return result;
}

} // namespace usher::cluster
