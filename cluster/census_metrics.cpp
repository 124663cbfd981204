#include "cluster/census_metrics.hpp"

#include <caf/string_view.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace usher::cluster {
namespace {

caf::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

census_metrics::census_metrics(caf::telemetry::metric_registry& registry)
    : members_(*registry.gauge_family("usher", "cluster-members", {"status"}, "Nodes that live, by their status.")),
      beat_ages_(*registry.gauge_family<double>("usher", "cluster-beat-age", {"node"},
                                                "How long ago the store counted the newest beat of a node.",
                                                "seconds")),
      ended_(*registry.counter_family("usher", "cluster-ended", {"why"}, "Nodes that this one has ended.", "1", true)) {
  constexpr caf::string_view kinds[]{"cut", "cut_from_store", "refused", "silent", "silent_to_store"};
  for (auto kind : kinds)
    ended_.get_or_add({{"why", kind}}); // so that the first one is seen as a step from 0
}

void census_metrics::show(const membership& all) {
  constexpr std::pair<node_status, caf::string_view> statuses[]{
      {node_status::joining, "joining"}, {node_status::up, "up"}, {node_status::draining, "draining"}};
  for (const auto& [status, name] : statuses)
    members_.get_or_add({{"status", name}})->value(std::ranges::count(all.members, status, &member::status));
  auto gone = named_;
  for (const auto& one : all.members) {
    gone.erase(one.card.name);
    if (named_.size() >= names_max && !named_.contains(one.card.name))
      continue;
    named_.insert(one.card.name);
    beat_ages_.get_or_add({{"node", view(one.card.name)}})
        ->value(std::chrono::duration<double>(std::max(all.now - one.beaten, domain::instant::duration{0})).count());
  }
  for (const auto& name : gone)
    beat_ages_.get_or_add({{"node", view(name)}})->value(0);
}

void census_metrics::count_end(std::string_view kind) {
  ended_.get_or_add({{"why", view(kind)}})->inc();
}

} // namespace usher::cluster
