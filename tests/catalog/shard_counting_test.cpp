#define CAF_SUITE catalog.shard_counting

#include "tests/catalog/sharing_fixture.hpp"

#include <caf/telemetry/metric_registry.hpp>

using namespace usher;
using namespace usher::tests;
using catalog::shard_tally;

namespace {

struct fixture : sharing_fixture {
  static constexpr std::size_t shard_count = row_count + 2;

  static const shard_tally& last(const process& of) {
    REQUIRE(!of.tallies->empty());
    return of.tallies->back();
  }
  /// Nobody is told of what has not changed.
  static void check_each_differs(const process& of) {
    const auto& all = *of.tallies;
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  }

  /// What operators see; of the process that has counted most recently.
  std::int64_t shown(const char* state) {
    return sys.metrics().gauge_instance("usher", "cluster-shards", {{"state", state}}, "")->value();
  }

  /// As an actor of the shard would tell the keeper.
  void stop_as_if(const process& runs, const domain::shard_id& shard, messages::append_failure why) {
    auto actor = shard_actors.at(shard).back().actor;
    auto news = caf::make_mailbox_element(caf::actor_cast<caf::strong_actor_ptr>(actor), caf::make_message_id(), {},
                                          messages::shard_stopped{shard, why, "a test says so"});
    caf::actor_cast<caf::abstract_actor*>(runs.keeper)->enqueue(std::move(news), nullptr);
    settle();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a node that has its store alone has all shards placed on it, and serves them") {
  open_coordination = nullptr;
  auto runs = start_process("alone");
  CHECK_EQ(shown("wanted"), 0);
  REQUIRE(put(runs, "ten rows")->reply.has_value());
  pass(2s, 100ms);
  CHECK((last(runs) == shard_tally{.wanted = shard_count, .served = shard_count}));
  CHECK_EQ(shown("wanted"), static_cast<std::int64_t>(shard_count));
  CHECK_EQ(shown("served"), static_cast<std::int64_t>(shard_count));
  for (const auto* none : {"giving", "taking", "stopped"})
    CHECK_EQ(shown(none), 0);
  WHEN("one stops by a fault for good") {
    stop_as_if(runs, section(3), messages::append_failure::lost);
    pass(2s, 100ms);
    THEN("its event is named") {
      CHECK((last(runs)
             == shard_tally{.wanted = shard_count, .served = shard_count - 1, .stopped = 1, .events = {{id, 0, 1}}}));
      CHECK_EQ(shown("stopped"), 1);
      CHECK_EQ(shown("served"), static_cast<std::int64_t>(shard_count - 1));
    }
  }
  check_each_differs(runs);
}

SCENARIO("shards on their way are counted by the node that gives them, and by the one that is to have them") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  tell_news();
  CHECK((last(first.runs) == shard_tally{.wanted = shard_count, .served = shard_count}));
  auto& second = start_node("second");
  claims->next_gift = gift_fault::none_is_made;
  tell_views();
  const auto here = last(first.runs);
  const auto there = last(second.runs);
  CHECK_EQ(here.wanted + there.wanted, shard_count);
  CHECK_GT(there.wanted, 4u);
  CHECK_EQ(here.giving, 4u);
  CHECK_EQ(here.served, shard_count - 4);
  CHECK((here.events == std::vector<shard_tally::of_event>{{id, 4, 0}}));
  CHECK_EQ(there.served, 0u);
  CHECK_EQ(there.taking, there.wanted);
  CHECK(there.events.empty()); // they are still the other one's, who counts them
  claims->next_gift = gift_fault::none;
  hear_news_for(3s);
  check_shared_out();
  CHECK((last(first.runs) == shard_tally{.wanted = here.wanted, .served = here.wanted}));
  CHECK((last(second.runs) == shard_tally{.wanted = there.wanted, .served = there.wanted}));
  end(first, second);
  tell_view(first);
  CHECK_EQ(last(first.runs).served, 0u);
  CHECK(last(first.runs).events.empty());
  check_each_differs(first.runs);
  check_each_differs(second.runs);
}

END_FIXTURE_SCOPE()
