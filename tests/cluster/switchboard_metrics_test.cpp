#define CAF_SUITE cluster.switchboard_metrics

#include "cluster/switchboard_metrics.hpp"

#include <caf/telemetry/metric_registry.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <array>
#include <chrono>
#include <string>

using namespace usher;
using namespace usher::cluster;
using namespace std::chrono_literals;
using domain::epoch;

namespace {

struct fixture {
  caf::telemetry::metric_registry registry;
  switchboard_metrics metrics{registry};
  const domain::shard_id shard{domain::shard_kind::section, domain::event_id{"gala"}, domain::section_no{7}};
  const switchboard_metrics::moment start{1h};

  std::int64_t is_up(const std::string& peer) {
    return registry.gauge_instance("usher", "cluster-link-up", {{"peer", peer}}, "")->value();
  }
  std::int64_t queued(const std::string& peer) {
    return registry.gauge_instance("usher", "cluster-link-queue", {{"peer", peer}}, "", "bytes")->value();
  }
  double round_trip(const std::string& peer) {
    return registry.gauge_instance<double>("usher", "cluster-link-round-trip", {{"peer", peer}}, "", "seconds")
        ->value();
  }
  double pause_s() {
    return registry.histogram_singleton<double>("usher", "cluster-hand-over-pause", std::array{1.}, "", "seconds")
        ->sum();
  }
};

std::size_t nothing(incarnation) {
  return 0;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("each link is shown by the name of its other end") {
  GIVEN("one that is up and one that is not") {
    metrics.show({{incarnation{2}, "b", true, 300us}, {incarnation{3}, "c", false, 0us}},
                 [](incarnation node) { return std::size_t{1'000} * node.value(); });
    CHECK_EQ(is_up("b"), 1);
    CHECK_EQ(queued("b"), 2'000);
    CHECK_EQ(round_trip("b"), 0.0003);
    CHECK_EQ(is_up("c"), 0);
    CHECK_EQ(queued("c"), 3'000);
    WHEN("nobody seeks the first one any more, and the other one is up in its next life") {
      metrics.show({{incarnation{4}, "c", true, 1ms}}, nothing);
      THEN("the first one is down, and nothing is kept for it") {
        CHECK_EQ(is_up("b"), 0);
        CHECK_EQ(queued("b"), 0);
        CHECK_EQ(round_trip("b"), 0.);
        CHECK_EQ(is_up("c"), 1);
        CHECK_EQ(round_trip("c"), 0.001);
      }
    }
  }
}

SCENARIO("the links to so many nodes are shown, and of more of them the first ones") {
  std::vector<link_figures> all;
  for (std::uint64_t number = 1; number <= switchboard_metrics::names_max + 6; ++number)
    all.push_back({incarnation{number}, "node-" + std::to_string(number), true, 1ms});
  metrics.show(all, nothing);
  metrics.show(all, nothing);
  CHECK_EQ(is_up("node-1"), 1);
  CHECK_EQ(is_up("node-" + std::to_string(switchboard_metrics::names_max)), 1);
  CHECK_EQ(is_up("node-" + std::to_string(switchboard_metrics::names_max + 1)), 0);
}

SCENARIO(
    "a hand-over's pause lasts until another node is known to serve the shard at the epoch at which it was given") {
  metrics.gave(shard, epoch{5}, start, epoch{4}, start + 10ms);
  CHECK_EQ(pause_s(), 0.);
  metrics.found(shard, epoch{4}, start + 20ms); // news that come late
  CHECK_EQ(pause_s(), 0.);
  metrics.found(shard, epoch{5}, start + 250ms);
  CHECK_EQ(pause_s(), .25);
  metrics.found(shard, epoch{6}, start + 900ms); // is nothing of this node's any more
  CHECK_EQ(pause_s(), .25);
}

SCENARIO("a hand-over of which others know before the giver says so is over at once") {
  metrics.gave(shard, epoch{9}, start, epoch{9}, start + 500ms);
  CHECK_EQ(pause_s(), .5);
  metrics.found(shard, epoch{9}, start + 1h);
  CHECK_EQ(pause_s(), .5);
}

SCENARIO("nobody waits any more for a shard that its giver serves again") {
  metrics.gave(shard, epoch{11}, start, epoch{10}, start);
  metrics.forget(shard);
  metrics.found(shard, epoch{13}, start + 1h);
  CHECK_EQ(pause_s(), 0.);
}

SCENARIO("frames are counted, and what is in them") {
  metrics.take_frame(0);
  metrics.take_frame(64);
  CHECK_EQ(registry.counter_singleton("usher", "cluster-frames", "", "1", true)->value(), 2);
  CHECK_EQ(
      registry.histogram_singleton<std::int64_t>("usher", "cluster-items-per-frame", std::array{std::int64_t{1}}, "")
          ->sum(),
      64);
}

END_FIXTURE_SCOPE()
