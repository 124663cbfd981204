#define CAF_SUITE actors.section_news

#include "tests/actors/section_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::tests;

namespace {

/// What a buyer's page makes of a snapshot and the deltas after it.
struct page {
  std::string status;
  domain::epoch epoch;
  std::uint64_t seq;
  bool torn = false; ///< a delta is missing: the page has to ask for another snapshot

  explicit page(const messages::section_view& view) : status(view.status), epoch(view.epoch), seq(view.seq) {}

  void apply(const messages::seats_changed& delta) {
    if (delta.epoch == epoch && delta.seq <= seq)
      return;
    if (delta.epoch != epoch || delta.seq != seq + 1) {
      torn = true;
      return;
    }
    seq = delta.seq;
    for (auto [seat, look] : delta.set)
      status[seat.value()] = look;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(section_fixture)

SCENARIO("the first change after a quiet time is told at once, later ones are collected") {
  GIVEN("a watched section") {
    start(working_journal());
    watch();
    WHEN("four seats are held, three of them right after the first") {
      hold(1, {1});
      CHECK_EQ(gateway_heard->seats.size(), 1u);
      hold(2, {2});
      hold(3, {3});
      release(3);
      hold(4, {4});
      CHECK_EQ(gateway_heard->seats.size(), 1u);
      pass(100ms);
      THEN("there are two deltas, with the last look of each seat, and the event hears as seldom") {
        REQUIRE(gateway_heard->seats.size() == 2u);
        CHECK_EQ(gateway_heard->seats[0].seq, 1u);
        CHECK_EQ(gateway_heard->seats[1].seq, 2u);
        CHECK_EQ(gateway_heard->seats[1].set.size(), 3u);
        CHECK_EQ(event_heard->totals.size(), 3u); // one at the start
        CHECK_EQ(event_heard->totals.back().totals.held, 3u);
      }
    }
  }
}

SCENARIO("those who watch a floor hear how many places are left") {
  GIVEN("a watched floor") {
    start(working_journal(), 1);
    auto before = watch();
    WHEN("two places are held") {
      ask<messages::hold_granted>(section, wish(1, domain::quantity_wish{2}));
      settle();
      THEN("a delta says how many, and not which") {
        REQUIRE(gateway_heard->seats.size() == 1u);
        const auto& delta = gateway_heard->seats.front();
        CHECK_EQ(delta.seq, before.seq + 1);
        CHECK(delta.set.empty());
        CHECK_EQ(delta.totals.free, 98u);
        CHECK_EQ(delta.totals.held, 2u);
      }
    }
  }
}

SCENARIO("a gateway that stops watching, or is gone, hears no more") {
  GIVEN("two watching gateways") {
    start(working_journal());
    watch();
    auto other_heard = std::make_shared<heard>();
    auto other = listening_gateway(other_heard);
    ask<messages::section_view>(section, messages::watch_section{{}, event, {}}, other);
    settle();
    WHEN("one unwatches and the other dies") {
      ask<done>(section, messages::unwatch_section{event, {}}, gateway);
      self->send_exit(other, caf::exit_reason::kill);
      settle();
      hold(1, {1});
      THEN("neither is told anything, and the section goes on") {
        CHECK(gateway_heard->seats.empty());
        CHECK(other_heard->seats.empty());
        pass(1s);
        CHECK_EQ(view().status, ".H........");
      }
    }
  }
}

SCENARIO("after a doubt the watchers see a new epoch") {
  GIVEN("a watched section whose store loses the answer to a sale") {
    start(working_journal());
    hold(1, {1});
    watch();
    books->set(store_fault::lost_answer);
    sell(1, {1});
    books->set(store_fault::none);
    pass(3s);
    THEN("what was written is shown under the new epoch") {
      REQUIRE(!gateway_heard->seats.empty());
      CHECK_EQ(gateway_heard->seats.back().epoch.value(), 2u);
      CHECK_EQ(view().status, ".S........");
    }
  }
}

END_FIXTURE_SCOPE()

SCENARIO("a snapshot and the deltas after it always give the truth") {
  CHECK(rc::check("deltas after a snapshot lead to the present status", [] {
    section_fixture world;
    world.start(world.working_journal());
    world.watch();
    std::optional<page> seen;
    std::size_t applied = 0;
    auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      auto number = *rc::gen::inRange<std::uint64_t>(0, 12);
      auto seat = *rc::gen::inRange<std::uint32_t>(0, 10);
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
        case 1:
          world.hold(number, {seat});
          break;
        case 2:
          world.release(number);
          break;
        case 3:
          world.sell(number, {seat});
          break;
        case 4:
          world.pass(std::chrono::milliseconds{*rc::gen::inRange(1, 150)});
          break;
        default:
          if (!seen)
            seen.emplace(world.view());
      }
      for (; applied < world.gateway_heard->seats.size(); ++applied)
        if (seen)
          seen->apply(world.gateway_heard->seats[applied]);
    }
    world.pass(200ms);
    for (; applied < world.gateway_heard->seats.size(); ++applied)
      if (seen)
        seen->apply(world.gateway_heard->seats[applied]);
    auto present = world.view();
    const auto& totals = present.totals;
    RC_ASSERT(totals.free + totals.held + totals.sold + totals.blocked == 10u);
    if (seen) { // RapidCheck evaluates both sides of an `||`
      RC_ASSERT(!seen->torn);
      RC_ASSERT(seen->status == present.status);
      RC_ASSERT(seen->seq == present.seq);
    }
  }));
}
