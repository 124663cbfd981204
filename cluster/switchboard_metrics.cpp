#include "cluster/switchboard_metrics.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <array>
#include <cstdint>

namespace usher::cluster {
namespace {

using caf::telemetry::metric_registry;

caf::telemetry::int_counter& count(metric_registry& registry, caf::string_view what, caf::string_view help) {
  return *registry.counter_singleton("usher", what, help, "1", true);
}

caf::telemetry::int_histogram& sizes(metric_registry& registry) {
  constexpr std::array<std::int64_t, 8> bounds{0, 1, 4, 16, 64, 256, 1'024, 4'096};
  return *registry.histogram_singleton<std::int64_t>("usher", "cluster-items-per-frame", bounds,
                                                     "Requests, answers and news in one frame of another node.");
}

caf::telemetry::dbl_histogram& pauses(metric_registry& registry) {
  constexpr std::array bounds{.01, .02, .04, .06, .08, .1, .15, .2, .25, .3, .5, 1., 2., 5.};
  return *registry.histogram_singleton<double>(
      "usher", "cluster-hand-over-pause", bounds,
      "How long what was asked of a shard waited while it was given to another node.", "seconds");
}

} // namespace

switchboard_metrics::switchboard_metrics(metric_registry& registry)
    : passed_on(count(registry, "cluster-requests-remote", "Requests that were sent to shards of other nodes.")),
      unknown(count(registry, "cluster-unknown", "Requests to other nodes whose outcome nobody knows.")),
      moved(count(registry, "cluster-moved", "Requests of other nodes for shards that are not served here any more.")),
      parked(*registry.gauge_singleton("usher", "cluster-parked", "Requests for shards that nobody serves just now.")),
      frames_(count(registry, "cluster-frames", "Frames that have come from other nodes.")),
      items_per_frame_(sizes(registry)), hand_over_pause_(pauses(registry)),
      link_up_(*registry.gauge_family("usher", "cluster-link-up", {"peer"}, "Whether the link to a node is up.")),
      link_queue_(*registry.gauge_family("usher", "cluster-link-queue", {"peer"},
                                         "What waits here until another node reads on.", "bytes")),
      link_round_trip_(*registry.gauge_family<double>("usher", "cluster-link-round-trip", {"peer"},
                                                      "How long the newest heartbeat was under way, there and back.",
                                                      "seconds")) {}

void switchboard_metrics::take_frame(std::size_t items) {
  frames_.inc();
  items_per_frame_.observe(static_cast<std::int64_t>(items));
}

void switchboard_metrics::show(const std::vector<link_figures>& links,
                               const std::function<std::size_t(incarnation)>& queued) {
  auto set = [this](const std::string& name, bool is_up, std::size_t bytes, double round_trip) {
    link_up_.get_or_add({{"peer", name}})->value(is_up ? 1 : 0);
    link_queue_.get_or_add({{"peer", name}})->value(static_cast<std::int64_t>(bytes));
    link_round_trip_.get_or_add({{"peer", name}})->value(round_trip);
  };
  auto gone = named_;
  for (const auto& one : links) {
    gone.erase(one.name);
    if (named_.size() >= names_max && !named_.contains(one.name))
      continue;
    named_.insert(one.name);
    set(one.name, one.is_up, queued(one.node), std::chrono::duration<double>(one.round_trip).count());
  }
  for (const auto& name : gone)
    set(name, false, 0, 0);
}

void switchboard_metrics::gave(const domain::shard_id& shard, domain::epoch given, moment waits_since,
                               domain::epoch known, moment now) {
  given_.insert_or_assign(shard, gift{given, waits_since});
  found(shard, known, now);
}

void switchboard_metrics::found(const domain::shard_id& shard, domain::epoch at, moment now) {
  auto given = given_.find(shard);
  if (given == given_.end() || at < given->second.epoch)
    return;
  hand_over_pause_.observe(std::chrono::duration<double>(now - given->second.waits_since).count());
  given_.erase(given);
}

} // namespace usher::cluster
