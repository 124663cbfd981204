#define CAF_SUITE catalog.shard_moves

#include "catalog/shard_moves.hpp"

#include <caf/telemetry/metric_registry.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <array>
#include <chrono>

using namespace usher;
using namespace std::chrono_literals;
using catalog::hand_over;

namespace {

struct fixture {
  caf::telemetry::metric_registry registry;
  catalog::shard_moves moves{registry};
  const domain::shard_id shard{domain::shard_kind::section, domain::event_id{"gala"}, domain::section_no{7}};
  const domain::shard_id other{domain::shard_kind::event, domain::event_id{"gala"}, {}};
  const catalog::shard_moves::moment start{1h};

  std::int64_t takeovers() { return registry.counter_singleton("usher", "cluster-takeovers", "", "1", true)->value(); }
  double takeover_s() {
    return registry.histogram_singleton<double>("usher", "cluster-takeover", std::array{1.}, "", "seconds")->sum();
  }
  std::int64_t hand_overs(const char* result) {
    return registry.counter_instance("usher", "cluster-hand-overs", {{"result", result}}, "", "1", true)->value();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the time of a takeover counts from when the shard was first seen to be free") {
  moves.seen_free(shard, start);
  moves.seen_free(shard, start + 1s);
  CHECK_EQ(takeovers(), 0);
  moves.served(shard, start + 1500ms);
  CHECK_EQ(takeovers(), 1);
  CHECK_EQ(takeover_s(), 1.5);
  WHEN("it is served again without having been free") {
    moves.served(shard, start + 9s);
    THEN("that is no takeover") {
      CHECK_EQ(takeovers(), 1);
      CHECK_EQ(takeover_s(), 1.5);
    }
  }
}

SCENARIO("a shard that others have taken over is not this node's takeover") {
  moves.seen_free(shard, start);
  moves.seen_free(other, start);
  moves.gone(shard);
  moves.served(shard, start + 5s);
  CHECK_EQ(takeovers(), 0);
  moves.served(other, start + 250ms);
  CHECK_EQ(takeovers(), 1);
  CHECK_EQ(takeover_s(), .25);
}

SCENARIO("attempts to give a shard away are counted by how they ended, from nothing on") {
  for (const auto* result : {"given", "overdue", "not_given"})
    CHECK_EQ(hand_overs(result), 0);
  moves.begun(shard, start);
  moves.begun(other, start + 1s);
  CHECK(moves.ended(shard, hand_over::overdue) == start);
  moves.begun(shard, start + 2s);
  moves.begun(shard, start + 3s); // another attempt, after one whose end nobody has heard
  CHECK(moves.ended(shard, hand_over::given) == start + 3s);
  CHECK(moves.ended(other, hand_over::not_given) == start + 1s);
  CHECK(moves.ended(other, hand_over::given) == catalog::shard_moves::moment{}); // nobody knows since when it waits
  CHECK_EQ(hand_overs("given"), 2);
  CHECK_EQ(hand_overs("overdue"), 1);
  CHECK_EQ(hand_overs("not_given"), 1);
}

END_FIXTURE_SCOPE()
