#define CAF_SUITE catalog.stopped_shards

#include "catalog/stopped_shards.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <caf/test/dsl.hpp>

using namespace usher;
using namespace usher::catalog;
using namespace std::chrono_literals;

namespace {

struct fixture {
  caf::telemetry::int_gauge gauge;
  stopped_shards stopped{gauge};
  caf::actor_clock::time_point now{1h};
  domain::event_id rock{"rock"};

  domain::shard_id section(std::uint16_t number) const {
    return {domain::shard_kind::section, rock, domain::section_no{number}};
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an event whose shard stops again and again is started later and later, and then no more") {
  for (auto pause : {1s, 2s, 4s, 8s, 16s}) {
    CHECK(stopped.add(section(0), now) == pause);
    CHECK_EQ(gauge.value(), 1);
    CHECK(stopped.may_start(rock));
    stopped.started(rock);
    CHECK_EQ(gauge.value(), 0);
    now += pause;
  }
  CHECK(!stopped.add(section(0), now));
  CHECK_EQ(gauge.value(), 1);
  now += 11min;
  stopped.started(rock);
  CHECK(stopped.add(section(0), now) == 1s);
}

SCENARIO("two shards of an event that stop together are one start") {
  CHECK(stopped.add(section(0), now) == 1s);
  CHECK(!stopped.add(section(1), now));
  CHECK_EQ(gauge.value(), 2);
  stopped.started(rock);
  CHECK_EQ(gauge.value(), 0);
}

SCENARIO("nothing starts a shard again whose facts are lost") {
  CHECK(stopped.add(section(1), now) == 1s);
  stopped.add_for_good(section(0));
  CHECK(!stopped.may_start(rock));
  CHECK(!stopped.add(section(2), now + 1h));
  CHECK_EQ(gauge.value(), 3);
}

END_FIXTURE_SCOPE()
