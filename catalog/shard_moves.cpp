#include "catalog/shard_moves.hpp"

#include <caf/string_view.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <array>
#include <chrono>

namespace usher::catalog {
namespace {

caf::telemetry::dbl_histogram& takeover_times(caf::telemetry::metric_registry& registry) {
  constexpr std::array bounds{.05, .1, .2, .3, .5, .75, 1., 1.5, 2., 3., 5., 10.};
  return *registry.histogram_singleton<double>(
      "usher", "cluster-takeover", bounds,
      "From when a shard was seen to be free, because its node had ended, until it was served here.", "seconds");
}

caf::string_view name_of(hand_over how) {
  constexpr caf::string_view names[]{"given", "overdue", "not_given"};
  return names[static_cast<std::size_t>(how)];
}

} // namespace

shard_moves::shard_moves(caf::telemetry::metric_registry& registry)
    : takeovers_(*registry.counter_singleton(
        "usher", "cluster-takeovers", "Shards of nodes that had ended, which this one serves since.", "1", true)),
      takeover_(takeover_times(registry)),
      hand_overs_(*registry.counter_family("usher", "cluster-hand-overs", {"result"},
                                           "Attempts to give a shard to another node, by how they ended.", "1", true)) {
  for (auto how : {hand_over::given, hand_over::overdue, hand_over::not_given})
    hand_overs_.get_or_add({{"result", name_of(how)}}); // so that the first one is seen as a step from 0
}

void shard_moves::served(const domain::shard_id& shard, moment now) {
  auto free = free_since_.find(shard);
  if (free == free_since_.end())
    return;
  takeovers_.inc();
  takeover_.observe(std::chrono::duration<double>(now - free->second).count());
  free_since_.erase(free);
}

shard_moves::moment shard_moves::ended(const domain::shard_id& shard, hand_over how) {
  hand_overs_.get_or_add({{"result", name_of(how)}})->inc();
  auto begun = waits_since_.extract(shard);
  return begun.empty() ? moment{} : begun.mapped();
}

} // namespace usher::catalog
