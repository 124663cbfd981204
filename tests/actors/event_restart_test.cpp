#define CAF_SUITE actors.event_restart

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::order_state;
using domain::queue_state;
using domain::rejection;

namespace {

struct restart_fixture : event_fixture {
  restart_fixture() { put_up_doors(); }

  std::uint32_t held() {
    auto both = status(left) + status(right);
    return static_cast<std::uint32_t>(std::count(both.begin(), both.end(), 'H'));
  }

  shared_outcome<messages::hold_granted> stand(std::uint64_t who, std::uint32_t places) {
    return asked<messages::hold_granted>(wish(++trials_, who, {{floor, domain::quantity_wish{places}}}));
  }

  /// Whether a buyer who has `taken` seats may take exactly what is left of four. Takes nothing for good.
  bool may_take_the_rest(std::uint64_t who, std::uint32_t taken) {
    auto more = stand(who, 5 - taken);
    auto rest = taken < 4 ? stand(who, 4 - taken) : nullptr;
    auto is_exact = more->refused_as(rejection::limit_exceeded) && (!rest || rest->reply);
    if (rest)
      CHECK(release(trials_, who, {floor})->reply.has_value());
    return is_exact;
  }

  void work(int steps) {
    for (int i = 0; i < steps && sched.try_run_once(); ++i) {
    }
  }

  /// Kills the event after each message that follows from a wish, and starts it again, at once or when all that it has
  /// sent has arrived. Whatever became of the wish, its buyer can take exactly what is left then, and nothing is held
  /// for longer than it was wished for.
  template <class Wish>
  void die_in_the_middle_of(bool is_answered_by_event, Wish make) {
    auto answered = 0, held_unanswered = 0;
    for (int steps = 0; steps < 60; ++steps) {
      auto who = static_cast<std::uint64_t>(steps) + 1;
      auto asked = ask<messages::hold_granted>(event, make(who));
      work(steps / 2);
      kill_event();
      if (steps % 2 == 0)
        settle();
      start_event();
      pass(1s, 50ms);
      REQUIRE(!asked->pending());
      auto now_held = held();
      if (asked->reply)
        CHECK_EQ(now_held, 2u);
      answered += asked->reply.has_value();
      held_unanswered += !asked->reply && now_held > 0;
      CHECK(may_take_the_rest(who, now_held));
      pass(300s, 5s);
      CHECK_EQ(held(), 0u);
      CHECK(may_take_the_rest(who, 0));
    }
    CHECK_GT(answered, 0);
    CHECK_EQ(held_unanswered > 0, is_answered_by_event);
  }

  std::uint64_t passed_on_to_sections() { return doors[0]->passed_on + doors[1]->passed_on + doors[2]->passed_on; }

private:
  std::uint64_t trials_ = 10'000;
};

} // namespace

BEGIN_FIXTURE_SCOPE(restart_fixture)

SCENARIO("a hold during which the event dies costs its buyer what is held, and no more") {
  die_in_the_middle_of(false, [this](std::uint64_t who) { return wish(who, who, {seats(left, {0, 1})}); });
}

SCENARIO("a hold over sections during which the event dies counts where it is held, until its time is over") {
  die_in_the_middle_of(true, [this](std::uint64_t who) {
    return wish(who, who, {seats(left, {0}), seats(right, {0})});
  });
}

SCENARIO("a search during which the event dies leaves nothing behind for longer than it was wished for") {
  die_in_the_middle_of(true, [this](std::uint64_t who) {
    auto best = wish(who, who, {});
    best.wanted = domain::best_wish{.quantity = 2};
    best.category = "Seat";
    return best;
  });
}

SCENARIO("the checkouts of an event that has died do nothing more, and the next event takes their orders up") {
  for (int steps = 0; steps < 40; ++steps) {
    auto number = static_cast<std::uint64_t>(steps) + 1;
    provider->charges.clear();
    provider->refunds.clear();
    provider->hold_answers();
    REQUIRE(hold(number, number, {seats(left, {0})})->reply.has_value());
    ask<messages::order_view>(
        event,
        messages::start_order{{}, id, order_of(number), hold_of(number), buyer(number), {left}, "card", "key", number});
    work(steps);
    kill_event();
    settle();
    auto asked_of_sections = passed_on_to_sections();
    auto asked_of_provider = provider->calls.size();
    provider->answer_all();
    pass(60s, 1s);
    CHECK_EQ(passed_on_to_sections(), asked_of_sections);
    CHECK_EQ(provider->calls.size(), asked_of_provider);
    start_event();
    pass(20s, 50ms);
    auto found = find(number, number);
    CHECK_EQ(provider->total_charges(), found->reply ? 1 : 0);
    if (found->reply) {
      CHECK(found->reply->state == order_state::confirmed);
      CHECK(refund(number)->reply.has_value()); // for the next round
      pass(1s, 50ms);
    } else {
      CHECK(found->refused_as(rejection::not_found));
      CHECK(release(number, number, {left})->reply.has_value());
    }
    CHECK_EQ(status(left), "....");
    CHECK(may_take_the_rest(number, 0));
  }
}

SCENARIO("an event that is started alone tells its sections and its room everything anew, and is the latest to them") {
  REQUIRE(change_price("Seat", 7'000)->reply.has_value());
  auto earlier = event_epoch;
  kill_event();
  // They are started while there is no event.
  kill_section(left);
  start_section(left);
  restart_room();
  CHECK(status(left) == "....");
  start_event();
  pass(1s, 50ms);
  self->send(sections[1], messages::terms_changed{domain::section_terms{{1, 1}, 300s, false}, earlier});
  self->send(room, messages::room_settings{.state = event_state::paused, .as_of = earlier});
  auto joined = ask<domain::queue_place>(room, messages::join_queue{{}, id, buyer(1), {}, true}, gateway());
  pass(1s, 50ms);
  CHECK(joined->reply.has_value());
  CHECK_EQ(ask_admitted(), 1u);
  auto both = hold(1, 1, {seats(left, {0}), seats(right, {0})});
  REQUIRE(both->reply.has_value());
  for (const auto& part : both->reply->sections)
    CHECK_EQ(part.seats.front().price, 7'000);
}

SCENARIO("a room that is started alone hears its event's settings, and lets people in again") {
  auto join = [this](std::uint64_t who, std::optional<domain::queue_number> number) {
    auto place = ask<domain::queue_place>(room, messages::join_queue{{}, id, buyer(who), number, true}, gateway());
    settle();
    return *place->reply;
  };
  REQUIRE(change([](messages::change_event& wish) { wish.admission_per_s = 1; })->reply.has_value());
  auto first = join(1, {});
  pass(2s, 50ms);
  REQUIRE_EQ(ask_admitted(), 1u);
  auto second = join(2, {});
  restart_room();
  CHECK(join(1, first.number).state == queue_state::admitted);
  CHECK(join(2, second.number).state == queue_state::waiting);
  auto third = join(3, {});
  CHECK_GT(third.number.value(), second.number.value());
  pass(4s, 50ms);
  CHECK_EQ(ask_admitted(), 2u); // all but the first, whom the earlier room let in
  REQUIRE(change_state(event_state::paused)->reply.has_value());
  CHECK(join(4, {}).state == queue_state::waiting);
  pass(4s, 50ms);
  CHECK_EQ(ask_admitted(), 2u);
}

END_FIXTURE_SCOPE()
