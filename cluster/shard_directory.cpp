#include "cluster/shard_directory.hpp"

#include "failpoint/plant.hpp"

#include <algorithm>

namespace usher::cluster {

namespace {

/// Of what is said of one shard.
bool is_news(const shard_home& said, const shard_home& known) {
  return said.epoch > known.epoch || said == known || failpoint::planted("old_home_believed");
}

} // namespace

bool shard_directory::learn(const domain::shard_id& shard, const shard_home& home) {
  auto before = find(shard);
  auto [place, is_new] = homes_.try_emplace(shard, entry{home});
  auto& known = place->second;
  if (!is_new && is_news(home, known.home))
    known = {home};
  return find(shard) != before;
}

bool shard_directory::withdraw(const domain::shard_id& shard, const shard_home& home) {
  auto before = find(shard);
  auto [place, is_new] = homes_.try_emplace(shard, entry{home, false});
  auto& known = place->second;
  if (!is_new && is_news(home, known.home))
    known = {home, false};
  return find(shard) != before;
}

std::vector<domain::shard_id> shard_directory::forget(incarnation node) {
  std::vector<domain::shard_id> vacant;
  for (auto& [shard, known] : homes_)
    if (known.served && known.home.node == node) {
      known.served = false;
      vacant.push_back(shard);
    }
  std::sort(vacant.begin(), vacant.end());
  return vacant;
}

std::optional<shard_home> shard_directory::find(const domain::shard_id& shard) const {
  auto found = homes_.find(shard);
  if (found == homes_.end() || !found->second.served)
    return std::nullopt;
  return found->second.home;
}

domain::epoch shard_directory::newest(const domain::shard_id& shard) const {
  auto found = homes_.find(shard);
  return found == homes_.end() ? domain::epoch{} : found->second.home.epoch;
}

std::size_t shard_directory::count_of(incarnation node) const {
  return static_cast<std::size_t>(std::count_if(homes_.begin(), homes_.end(), [node](const auto& one) {
    return one.second.served && one.second.home.node == node;
  }));
}

} // namespace usher::cluster
