#define CAF_SUITE cluster.census_metrics

#include "cluster/census_metrics.hpp"

#include "tests/cluster/census_fixture.hpp"

#include <caf/telemetry/metric_registry.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <string>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;

namespace {

std::int64_t count_of(caf::telemetry::metric_registry& registry, const char* status) {
  return registry.gauge_instance("usher", "cluster-members", {{"status", status}}, "")->value();
}

double beat_age(caf::telemetry::metric_registry& registry, const std::string& node) {
  return registry.gauge_instance<double>("usher", "cluster-beat-age", {{"node", node}}, "", "seconds")->value();
}

std::int64_t ended(caf::telemetry::metric_registry& registry, const char* why) {
  return registry.counter_instance("usher", "cluster-ended", {{"why", why}}, "", "1", true)->value();
}

member one(const std::string& name, node_status status, domain::instant beaten) {
  member result;
  result.card.name = name;
  result.status = status;
  result.beaten = beaten;
  return result;
}

} // namespace

SCENARIO("those who live are counted by their status, and shown with the age of their beats") {
  caf::telemetry::metric_registry registry;
  census_metrics metrics{registry};
  membership all;
  all.now = memory_books::start();
  all.members = {one("a", node_status::up, all.now - 400ms), one("b", node_status::draining, all.now - 2500ms),
                 one("c", node_status::up, all.now + 1s), one("d", node_status::joining, all.now)};
  metrics.show(all);
  CHECK_EQ(count_of(registry, "up"), 2);
  CHECK_EQ(count_of(registry, "draining"), 1);
  CHECK_EQ(count_of(registry, "joining"), 1);
  CHECK_EQ(beat_age(registry, "a"), .4);
  CHECK_EQ(beat_age(registry, "b"), 2.5);
  CHECK_EQ(beat_age(registry, "c"), 0.); // the store's clock was stepped
  WHEN("two are gone") {
    all.members.erase(all.members.begin() + 1, all.members.begin() + 3);
    metrics.show(all);
    CHECK_EQ(count_of(registry, "up"), 1);
    CHECK_EQ(count_of(registry, "draining"), 0);
    CHECK_EQ(beat_age(registry, "b"), 0.);
    CHECK_EQ(beat_age(registry, "a"), .4);
  }
}

SCENARIO("the beats of so many nodes are shown, and all of them are counted") {
  caf::telemetry::metric_registry registry;
  census_metrics metrics{registry};
  membership all;
  all.now = memory_books::start();
  for (std::size_t i = 0; i < census_metrics::names_max + 3; ++i)
    all.members.push_back(one("node-" + std::to_string(i), node_status::up, all.now - 1s));
  metrics.show(all);
  CHECK_EQ(count_of(registry, "up"), static_cast<std::int64_t>(all.members.size()));
  CHECK_EQ(beat_age(registry, "node-0"), 1.);
  CHECK_EQ(beat_age(registry, all.members.back().card.name), 0.);
}

BEGIN_FIXTURE_SCOPE(census_fixture)

SCENARIO("a census shows who lives, and counts whom it has ended, from nothing on") {
  auto a = start("a");
  auto b = start("b");
  pass(2s, 50ms);
  auto& registry = sys.metrics();
  CHECK_EQ(count_of(registry, "up"), 2);
  for (const auto* why : {"cut", "cut_from_store", "refused", "silent", "silent_to_store"})
    CHECK_EQ(ended(registry, why), 0);
  end(b, caf::exit_reason::kill);
  pass(8s, 50ms);
  CHECK(status_of(b) == node_status::dead);
  CHECK_EQ(count_of(registry, "up"), 1);
  CHECK_EQ(ended(registry, "silent_to_store"), 1);
}

END_FIXTURE_SCOPE()
