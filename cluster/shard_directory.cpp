#include "cluster/shard_directory.hpp"

#include <algorithm>

namespace usher::cluster {

bool shard_directory::learn(const domain::shard_id& shard, const shard_home& home) {
  auto before = find(shard);
  auto [place, is_new] = homes_.try_emplace(shard, home);
  if (!is_new && home.epoch > place->second.epoch)
    place->second = home;
  return find(shard) != before;
}

std::vector<domain::shard_id> shard_directory::forget(incarnation node) {
  std::vector<domain::shard_id> vacant;
  if (!ended_.insert(node).second)
    return vacant;
  for (const auto& [shard, home] : homes_)
    if (home.node == node)
      vacant.push_back(shard);
  std::sort(vacant.begin(), vacant.end());
  return vacant;
}

std::optional<shard_home> shard_directory::find(const domain::shard_id& shard) const {
  auto found = homes_.find(shard);
  if (found == homes_.end() || ended_.contains(found->second.node))
    return std::nullopt;
  return found->second;
}

domain::epoch shard_directory::newest(const domain::shard_id& shard) const {
  auto found = homes_.find(shard);
  return found == homes_.end() ? domain::epoch{} : found->second.epoch;
}

std::size_t shard_directory::count_of(incarnation node) const {
  if (ended_.contains(node))
    return 0;
  return static_cast<std::size_t>(
      std::count_if(homes_.begin(), homes_.end(), [node](const auto& one) { return one.second.node == node; }));
}

} // namespace usher::cluster
