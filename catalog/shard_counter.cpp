#include "catalog/shard_counter.hpp"

#include <caf/string_view.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <cstdint>
#include <utility>

namespace usher::catalog {
namespace {

using cluster::cycle_state;

void add(shard_tally& all, shard_tally::of_event& event, cycle_state state) {
  switch (state) {
    case cycle_state::elsewhere:
      return;
    case cycle_state::wanted:
      ++all.taking;
      return;
    case cycle_state::loading:
      ++all.taking;
      ++event.moving;
      return;
    case cycle_state::serving:
      ++all.served;
      return;
    case cycle_state::resting:
    case cycle_state::giving:
      ++all.giving;
      ++event.moving;
      return;
    case cycle_state::stopped:
      ++all.stopped;
      ++event.stopped;
      return;
  }
}

} // namespace

shard_counter::shard_counter(caf::telemetry::metric_registry& registry, listener on_tally)
    : gauges_(*registry.gauge_family("usher", "cluster-shards", {"state"},
                                     "Shards of this node: placed here (wanted), served, on their way to other nodes "
                                     "(giving) or from them (taking), and stopped by a fault.")),
      on_tally_(std::move(on_tally)) {
  show({});
}

void shard_counter::count(const event_table& running, bool shares) {
  shard_tally all;
  for (const auto& [id, event] : running.all()) {
    shard_tally::of_event its{id};
    add(all, its, event.event.cycle.state());
    add(all, its, event.room.cycle.state());
    for (const auto& section : event.sections)
      add(all, its, section.cycle.state());
    if (its.moving + its.stopped > 0)
      all.events.push_back(std::move(its));
    auto placed = placed_.find(id);
    if (!shares)
      all.wanted += event.sections.size() + 2;
    else if (placed != placed_.end())
      all.wanted += placed->second;
  }
  show(all);
  if (told_ == all)
    return;
  told_ = std::move(all);
  if (on_tally_)
    on_tally_(*told_);
}

void shard_counter::show(const shard_tally& tally) {
  const std::pair<caf::string_view, std::size_t> states[]{{"wanted", tally.wanted},
                                                          {"served", tally.served},
                                                          {"giving", tally.giving},
                                                          {"taking", tally.taking},
                                                          {"stopped", tally.stopped}};
  for (const auto& [state, count] : states)
    gauges_.get_or_add({{"state", state}})->value(static_cast<std::int64_t>(count));
}

} // namespace usher::catalog
