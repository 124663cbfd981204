#define CAF_SUITE actors.standing_down

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::order_state;
using domain::rejection;

namespace {

struct rest_fixture : event_fixture {
  rest_fixture() { put_up_doors(); }

  template <class Handle>
  shared_outcome<done> stand_down(const Handle& whom) {
    return ask<done>(whom, messages::stand_down{});
  }

  template <class Handle>
  void carry_on(const Handle& whom) {
    self->send(whom, messages::carry_on{});
    settle();
  }

  void work(int steps) {
    for (int i = 0; i < steps && sched.try_run_once(); ++i) {
    }
  }

  /// Has the event stand down after each message that follows from a request. When it is at rest, the request has been
  /// answered, and nothing comes of it that was not said.
  /// Returns how often the request was refused.
  template <class Reply, class Request>
  int come_to_rest_in_the_middle_of(Request make) {
    auto done_before = 0, refused = 0;
    for (int steps = 0; steps < 25; ++steps) {
      auto who = static_cast<std::uint64_t>(steps) + 1;
      auto asked = ask<Reply>(event, make(who));
      work(steps);
      auto at_rest = stand_down(event);
      run_until(at_rest);
      CHECK(at_rest->reply.has_value());
      CHECK(!asked->pending());
      auto facts = books->facts({domain::shard_kind::event, id, {}}).size();
      settle();
      CHECK_EQ(books->facts({domain::shard_kind::event, id, {}}).size(), facts);
      (asked->reply ? done_before : refused) += 1;
      if (asked->refused)
        CHECK(asked->refused_as(rejection::overloaded));
      carry_on(event);
      if (asked->refused)
        CHECK(this->template asked<Reply>(make(who))->reply.has_value());
      pass(5s, 50ms);
      tidy_up(who);
    }
    CHECK_GT(done_before, 0);
    return refused;
  }

  void tidy_up(std::uint64_t who) {
    if (find(who, who)->reply)
      CHECK(refund(who)->reply.has_value());
    else
      release(who, who, {left, right});
    pass(1s, 50ms);
    CHECK_EQ(status(left) + status(right), "........");
  }

  static messages::start_order order_for(std::uint64_t who) {
    return {{},         domain::event_id{"rock"}, order_of(who), hold_of(who),
            buyer(who), {domain::section_no{0}},  "card",        "key",
            who};
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(rest_fixture)

SCENARIO("an event comes to rest when a hold over sections is answered") {
  come_to_rest_in_the_middle_of<messages::hold_granted>([this](std::uint64_t who) {
    return wish(who, who, {seats(left, {0}), seats(right, {0})});
  });
}

SCENARIO("an event comes to rest when a search is answered") {
  come_to_rest_in_the_middle_of<messages::hold_granted>([this](std::uint64_t who) {
    auto best = wish(who, who, {});
    best.wanted = domain::best_wish{.quantity = 2};
    best.category = "Seat";
    return best;
  });
}

SCENARIO("an event comes to rest when an order is begun or refused") {
  auto refused = come_to_rest_in_the_middle_of<messages::order_view>([this](std::uint64_t who) {
    hold(who, who, {seats(left, {0})});
    return order_for(who);
  });
  CHECK_GT(refused, 0); // while its hold was being looked up
}

SCENARIO("an event comes to rest when a release is answered") {
  come_to_rest_in_the_middle_of<done>([this](std::uint64_t who) {
    hold(who, who, {seats(left, {0}), seats(right, {0})});
    return messages::release_hold{{}, id, hold_of(who), buyer(who), {left, right}};
  });
}

SCENARIO("an event comes to rest when nothing is left of a hold that is being undone") {
  hold(1, 1, {seats(right, {0})});
  doors[0]->loses_releases = true;
  CHECK(hold(2, 2, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::seat_taken));
  auto at_rest = stand_down(event);
  pass(1s, 50ms);
  CHECK(at_rest->pending());
  CHECK_EQ(status(left), "H...");
  doors[0]->loses_releases = false;
  pass(6s, 50ms);
  CHECK(at_rest->reply.has_value());
  CHECK_EQ(status(left), "....");
}

SCENARIO("an event that stands down begins nothing, and goes on afterwards") {
  hold(1, 1, {seats(left, {0})});
  auto at_rest = stand_down(event);
  settle();
  REQUIRE(at_rest->reply.has_value());
  CHECK(hold(2, 2, {seats(left, {1})})->refused_as(rejection::overloaded));
  CHECK(best(3, 3, 2)->refused_as(rejection::overloaded));
  CHECK(order(1, 1, {left})->refused_as(rejection::overloaded));
  CHECK(release(1, 1, {left})->refused_as(rejection::overloaded));
  CHECK(change_price("Seat", 7'000)->refused_as(rejection::overloaded));
  CHECK(asked<messages::event_view>(messages::block_seats{{}, id, {{left, {domain::seat_no{3}}, 0}}, true})
            ->refused_as(rejection::overloaded));
  CHECK_EQ(status(left), "H...");
  CHECK_EQ(view().settings.prices[0].value(), 5'000);
  carry_on(event);
  CHECK(hold(2, 2, {seats(left, {1})})->reply.has_value());
  CHECK(best(3, 3, 2)->reply.has_value());
  CHECK(order(1, 1, {left})->reply.has_value());
  pass(1s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
}

SCENARIO("an event that goes on asks its sections anew, as what they said meanwhile may be lost") {
  auto at_rest = stand_down(event);
  settle();
  REQUIRE(at_rest->reply.has_value());
  std::vector<std::uint64_t> asked_before;
  for (const auto& door : doors)
    asked_before.push_back(door->claims_asked);
  carry_on(event);
  for (std::size_t i = 0; i < doors.size(); ++i)
    CHECK_EQ(doors[i]->claims_asked, asked_before[i] + 1);
}

SCENARIO("an event that is in doubt comes to rest when it knows what was written") {
  hold(1, 1, {seats(left, {0})});
  books->set(store_fault::lost_answer);
  auto begun = order(1, 1, {left});
  auto at_rest = stand_down(event);
  pass(1s, 50ms);
  CHECK(at_rest->pending());
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(at_rest->reply.has_value());
  CHECK(begun->reply.has_value());
}

SCENARIO("a checkout goes on with its order when the event carries on, and ends with the event") {
  for (auto carries_on : {true, false}) {
    auto number = carries_on ? 1U : 2U;
    provider->hold_answers();
    hold(number, number, {seats(left, {number})});
    order(number, number, {left});
    auto at_rest = stand_down(event);
    settle();
    CHECK(at_rest->reply.has_value());
    provider->answer_all();
    pass(1s, 50ms);
    CHECK(state_of(number, number) == order_state::charging);
    if (carries_on) {
      carry_on(event);
    } else {
      kill_event();
      settle();
      auto asked_of_sections = doors[0]->passed_on;
      auto asked_of_provider = provider->calls.size();
      pass(60s, 1s);
      CHECK_EQ(doors[0]->passed_on, asked_of_sections);
      CHECK_EQ(provider->calls.size(), asked_of_provider);
      start_event();
    }
    pass(10s, 50ms);
    CHECK(state_of(number, number) == order_state::confirmed);
    CHECK_EQ(provider->total_charges(), static_cast<int>(number));
  }
}

SCENARIO("a section comes to rest when what was asked of it is written, and then changes nothing") {
  auto granted = 0, refused = 0;
  for (int steps = 0; steps < 12; ++steps) {
    auto who = static_cast<std::uint64_t>(steps) + 1;
    auto asked = ask<messages::hold_granted>(event, wish(who, who, {seats(left, {0})}));
    work(steps);
    auto at_rest = stand_down(sections[0]);
    run_until(at_rest);
    CHECK(at_rest->reply.has_value());
    auto facts = books->facts({domain::shard_kind::section, id, left}).size();
    settle();
    pass(400s, 10s); // what is held runs out, and cannot be written
    CHECK_EQ(books->facts({domain::shard_kind::section, id, left}).size(), facts);
    CHECK(!asked->pending());
    (asked->reply ? granted : refused) += 1;
    CHECK((asked->reply || asked->refused_as(rejection::overloaded)));
    CHECK(hold(1'000 + who, 1'000 + who, {seats(left, {1})})->refused_as(rejection::overloaded));
    CHECK_EQ(status(left), asked->reply ? "H..." : "....");
    carry_on(sections[0]);
    pass(1s, 50ms);
    CHECK_EQ(status(left), "....");
  }
  CHECK_GT(granted, 0);
  CHECK_GT(refused, 0);
}

SCENARIO("a section in doubt comes to rest when it knows what it holds") {
  books->set(store_fault::lost_answer);
  auto asked = ask<messages::hold_granted>(event, wish(1, 1, {seats(left, {0})}));
  settle();
  auto at_rest = stand_down(sections[0]);
  pass(1s, 50ms);
  CHECK((at_rest->pending() && asked->pending()));
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(at_rest->reply.has_value());
  CHECK(asked->reply.has_value());
}

SCENARIO("whoever waits for a shard's rest hears that it carries on instead") {
  books->set(store_fault::unavailable);
  ask<messages::hold_granted>(event, wish(1, 1, {seats(left, {0})}));
  change_price("Seat", 7'000);
  auto of_event = stand_down(event);
  auto of_section = stand_down(sections[0]);
  settle();
  CHECK((of_event->pending() && of_section->pending()));
  carry_on(event);
  carry_on(sections[0]);
  CHECK(of_event->refused_as(rejection::overloaded));
  CHECK(of_section->refused_as(rejection::overloaded));
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(hold(2, 2, {seats(left, {1})})->reply.has_value());
  CHECK(change_price("Seat", 7'000)->reply.has_value());
}

END_FIXTURE_SCOPE()
