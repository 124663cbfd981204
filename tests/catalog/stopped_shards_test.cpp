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

SCENARIO("a shard that stops again and again is started later and later, and then no more") {
  std::chrono::milliseconds pause = 50ms;
  for (int attempt = 0; attempt < stopped_shards::attempts_max; ++attempt) {
    CHECK(stopped.add(section(0), now) == pause);
    CHECK_EQ(gauge.value(), 1);
    stopped.started(section(0));
    CHECK_EQ(gauge.value(), 0);
    now += pause;
    pause *= 2;
  }
  CHECK(!stopped.add(section(0), now));
  CHECK_EQ(gauge.value(), 1);
  now += 3min;
  stopped.started(section(0));
  CHECK(stopped.add(section(0), now) == 50ms);
}

SCENARIO("each shard has attempts of its own") {
  CHECK(stopped.add(section(0), now) == 50ms);
  CHECK(stopped.add(section(1), now) == 50ms);
  CHECK_EQ(gauge.value(), 2);
  stopped.started(section(0));
  CHECK_EQ(gauge.value(), 1);
}

SCENARIO("nothing starts a shard again whose facts are lost") {
  CHECK(stopped.add(section(1), now) == 50ms);
  CHECK(!stopped.add_for_good(section(0)));
  CHECK_EQ(gauge.value(), 2);
}

SCENARIO("a shard that another node has is nothing to look at here, and has all its attempts when it comes back") {
  CHECK(stopped.add(section(0), now) == 50ms);
  CHECK(!stopped.add_for_good(section(1)));
  stopped.gone(section(0));
  stopped.gone(section(1));
  stopped.gone(section(2));
  CHECK_EQ(gauge.value(), 0);
  CHECK(stopped.add(section(0), now) == 50ms);
}

END_FIXTURE_SCOPE()
