#define CAF_SUITE actors.section_restart

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::tests;
using domain::order_state;
using domain::rejection;

namespace {

struct fixture : event_fixture {
  fixture() { put_up_doors(); }

  /// How many seats are held in both rows.
  std::uint32_t held() {
    auto both = status(left) + status(right);
    return static_cast<std::uint32_t>(std::count(both.begin(), both.end(), 'H'));
  }

  shared_outcome<messages::hold_granted> stand(std::uint64_t hold, std::uint64_t who, std::uint32_t places) {
    return asked<messages::hold_granted>(wish(hold, who, {{floor, domain::quantity_wish{places}}}));
  }

  /// Whether a buyer who has `taken` seats may take exactly what is left of four. Takes nothing for good.
  bool may_take_the_rest(std::uint64_t who, std::uint32_t taken) {
    auto more = stand(++trials_, who, 5 - taken);
    auto rest = taken < 4 ? stand(++trials_, who, 4 - taken) : nullptr;
    auto is_exact = more->refused_as(rejection::limit_exceeded) && (!rest || rest->reply);
    if (rest)
      CHECK(release(trials_, who, {floor})->reply.has_value());
    return is_exact;
  }

  void let_go(std::uint64_t who, domain::section_no section) {
    auto released =
        ask<done>(sections[section.value()], messages::release_hold{{}, id, hold_of(who), buyer(who), {section}});
    settle();
    CHECK(released->reply.has_value());
  }

  /// Kills the left section after each message that follows from a wish, and starts it again. Whatever became of the
  /// wish, its buyer can take exactly what is left then.
  template <class Wish>
  void die_in_the_middle_of(Wish make) {
    auto steps = 0;
    for (auto again = true; again; ++steps) {
      auto who = static_cast<std::uint64_t>(steps) + 1;
      auto asked = ask<messages::hold_granted>(event, make(who));
      for (int i = 0; i < steps && again; ++i)
        again = sched.try_run_once();
      kill_section(left);
      start_section(left);
      pass(1s, 50ms);
      REQUIRE(!asked->pending());
      // Without an answer nothing may be held for good: only what the buyer may not know of, and can release.
      auto now_held = held();
      CHECK((now_held == 0 || now_held == 2));
      if (asked->reply)
        CHECK_EQ(now_held, 2u);
      CHECK(may_take_the_rest(who, now_held));
      let_go(who, left);
      let_go(who, right);
      CHECK_EQ(held(), 0u);
      CHECK(may_take_the_rest(who, 0));
    }
    CHECK_GT(steps, 4);
  }

private:
  std::uint64_t trials_ = 10'000;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a section that is started again alone gets its terms, and its event what counts there") {
  REQUIRE(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  kill_section(left);
  CHECK(hold(2, 2, {seats(right, {0})})->reply.has_value()); // elsewhere holds go on
  CHECK(hold(3, 3, {seats(left, {2})})->refused_as(rejection::outcome_unknown));
  REQUIRE(change_price("Seat", 7'000)->reply.has_value());
  CHECK(!may_take_the_rest(3, 0)); // the wish may have arrived
  start_section(left);
  CHECK_EQ(status(left), "HH..");
  CHECK(may_take_the_rest(1, 2));
  CHECK(may_take_the_rest(2, 1));
  CHECK(may_take_the_rest(3, 0));
  auto dearer = hold(3, 3, {seats(left, {2})});
  REQUIRE(dearer->reply.has_value());
  CHECK_EQ(dearer->reply->sections.front().seats.front().price, 7'000);
  CHECK(may_take_the_rest(3, 1));
  CHECK_EQ(view().sections[0].held + view().sections[0].free, 4u);
}

SCENARIO("a section that dies again before it has said anything gets its terms all the same, whenever it dies") {
  for (std::uint64_t steps = 0; steps < 12; ++steps) {
    kill_section(left);
    sections[left.value()] = spawn_section(left);
    peers();
    for (std::uint64_t i = 0; i < steps && sched.try_run_once(); ++i) {
    }
    kill_section(left);
    start_section(left);
    pass(1s, 50ms);
    auto who = steps + 1;
    CHECK(hold(who, who, {seats(left, {0})})->reply.has_value());
    let_go(who, left);
  }
}

SCENARIO("a section claims a hold until its end is durable, whenever it is asked") {
  auto claimed = 0, over = 0;
  for (int steps = 0; steps < 12; ++steps) {
    auto who = static_cast<std::uint64_t>(steps) + 1;
    REQUIRE(hold(who, who, {seats(left, {0})})->reply.has_value());
    ask<done>(sections[0], messages::release_hold{{}, id, hold_of(who), buyer(who), {left}});
    for (int i = 0; i < steps && sched.try_run_once(); ++i) {
    }
    auto claims = ask<messages::section_claims>(sections[0], messages::list_claims{event_epoch});
    while (claims->pending() && sched.try_run_once()) {
    }
    REQUIRE(claims->reply.has_value());
    auto facts = books->facts({domain::shard_kind::section, id, left});
    auto is_written = std::any_of(facts.begin(), facts.end(), [&](const domain::fact& each) {
      const auto* end = std::get_if<domain::hold_ended>(&each);
      return end != nullptr && end->hold == hold_of(who);
    });
    CHECK(is_written || claims->reply->claims.size() == 1);
    (claims->reply->claims.empty() ? over : claimed) += 1;
    settle();
  }
  CHECK_GT(claimed, 2);
  CHECK_GT(over, 2);
}

SCENARIO("a hold whose section dies in the middle of it costs its buyer nothing, unless it is there") {
  die_in_the_middle_of([this](std::uint64_t who) { return wish(who, who, {seats(left, {0, 1})}); });
}

SCENARIO("a hold over sections of which one dies in the middle of it is whole or nowhere") {
  die_in_the_middle_of([this](std::uint64_t who) { return wish(who, who, {seats(left, {0}), seats(right, {0})}); });
}

SCENARIO("a search during which a section dies leaves nothing behind") {
  die_in_the_middle_of([this](std::uint64_t who) {
    auto best = wish(who, who, {});
    best.wanted = domain::best_wish{.quantity = 2};
    best.category = "Seat";
    return best;
  });
}

SCENARIO("an order goes on when its section is started again") {
  provider->hold_answers();
  REQUIRE(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply.has_value());
  REQUIRE(order(1, 1, {left, right})->reply.has_value());
  kill_section(left);
  provider->answer_all();
  pass(1s, 50ms);
  CHECK(state_of(1, 1) == order_state::charged);
  CHECK(!may_take_the_rest(1, 0));
  start_section(left);
  pass(10s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(status(left) + status(right), "S...S...");
  CHECK(may_take_the_rest(1, 2));
}

SCENARIO("what is being paid for counts although its section is started again after it has let go of it") {
  provider->hold_answers();
  REQUIRE(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  REQUIRE(order(1, 1, {left})->reply.has_value());
  ask<done>(sections[0], messages::stop_payment{{}, hold_of(1), order_of(1), event_epoch});
  ask<done>(sections[0], messages::release_hold{{}, id, hold_of(1), buyer(1), {left}});
  settle();
  kill_section(left);
  start_section(left);
  CHECK_EQ(status(left), "....");
  CHECK(may_take_the_rest(1, 2));
  provider->answer_all();
  pass(5s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK(may_take_the_rest(1, 2));
}

SCENARIO("the news of a section's death are not told twice: it is asked once for what it holds") {
  hold(1, 1, {seats(left, {0})});
  kill_section(left);
  start_section(left);
  auto asked_before = doors[0]->claims_asked;
  self->send(event, messages::section_opened{left, domain::epoch{1}}); // of long ago
  settle();
  CHECK_EQ(doors[0]->claims_asked, asked_before);
  pass(1s, 50ms);
  CHECK_EQ(doors[0]->claims_asked, asked_before);
}

SCENARIO("an event that is started alone knows the totals of sections that stayed") {
  REQUIRE(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  replace_event();
  CHECK_EQ(view().sections[0].held, 2u);
  CHECK_EQ(view().sections[2].free, 10u);
  CHECK(may_take_the_rest(1, 2));
}

SCENARIO("a payment during which its section dies is made once, and its seats are sold, whenever it dies") {
  for (int steps = 0; steps < 40; ++steps) {
    auto who = static_cast<std::uint64_t>(steps) + 1;
    provider->charges.clear();
    provider->refunds.clear();
    just_begin_order(who);
    for (int i = 0; i < steps && sched.try_run_once(); ++i) {
    }
    kill_section(left);
    pass(200ms, 50ms);
    start_section(left);
    pass(20s, 50ms);
    CHECK(state_of(who, who) == order_state::confirmed);
    CHECK_EQ(provider->total_charges(), 1);
    CHECK_EQ(status(left), "S...");
    CHECK(may_take_the_rest(who, 1));
    CHECK(refund(who)->reply.has_value()); // for the next round
    pass(1s, 50ms);
    CHECK_EQ(status(left), "....");
    CHECK(may_take_the_rest(who, 0));
  }
}

END_FIXTURE_SCOPE()
