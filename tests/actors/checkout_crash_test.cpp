#define CAF_SUITE actors.checkout_crash

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::order_state;
using domain::rejection;
using paid = payments::outcome;

namespace {

struct fixture : event_fixture {
  /// Works through `steps` messages, one at a time: a crash may come after any of them.
  bool work(int steps) {
    for (int i = 0; i < steps; ++i)
      if (!sched.try_run_once())
        return false;
    return true;
  }

  /// Every seat and all the money are where the order's state says they are.
  void check_balance(order_state state) {
    auto sold = state == order_state::confirmed;
    auto paid = provider->total_charges() - provider->total_refunds();
    CHECK_LE(provider->total_charges(), 1);
    CHECK_EQ(paid, sold ? 1 : 0);
    auto seats_sold = status(left) + status(right);
    CHECK_EQ(std::count(seats_sold.begin(), seats_sold.end(), 'S'), sold ? 2 : 0);
  }

  /// Starts an order, kills everything after `steps` messages, and restarts. False if the order was over before that. A
  /// fresh number each time keeps the runs apart.
  bool crash_after(int steps, std::uint64_t number, bool cancelled) {
    provider->charges.clear();
    provider->refunds.clear();
    REQUIRE(hold(number, number, {seats(left, {0}), seats(right, {0})})->reply.has_value());
    ask<messages::order_view>(
        event, messages::start_order{
                   {}, id, order_of(number), hold_of(number), buyer(number), {left, right}, "card", "key", number});
    if (cancelled) {
      settle();
      ask<messages::order_view>(event, messages::cancel_order{{}, id, order_of(number), buyer(number)});
    }
    auto more = work(steps);
    restart();
    pass(1s, 100ms);
    return more;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an order survives a crash after any message: it is confirmed and charged once, or was never begun") {
  auto confirmed = 0, steps = 0;
  for (std::uint64_t number = 1; crash_after(steps, number, false); ++number, ++steps) {
    auto found = find(number, number);
    if (found->refused) {
      CHECK(found->refused_as(rejection::not_found));
      CHECK_EQ(provider->total_charges(), 0);
      CHECK(release(number, number, {left, right})->reply.has_value());
      continue;
    }
    ++confirmed;
    CHECK(found->reply->state == order_state::confirmed);
    check_balance(found->reply->state);
    cancel(number, number);
    CHECK(state_of(number, number) == order_state::cancelled);
    check_balance(order_state::cancelled);
  }
  MESSAGE("crashed after each of " << steps << " messages");
  CHECK_GT(steps, 20);
  CHECK_GT(confirmed, 10);
}

SCENARIO("a cancellation survives a crash after any message: refunded once and the seats free, or not begun") {
  auto cancelled = 0, steps = 0;
  for (std::uint64_t number = 1; crash_after(steps, number, true); ++number, ++steps) {
    auto state = state_of(number, number);
    CHECK((state == order_state::confirmed || state == order_state::cancelled));
    check_balance(state);
    cancelled += state == order_state::cancelled;
    cancel(number, number);
    check_balance(state_of(number, number));
  }
  MESSAGE("crashed after each of " << steps << " messages");
  CHECK_GT(cancelled, 5);
}

SCENARIO("a wish to cancel that was answered survives a crash: the order is never confirmed, and the money is back") {
  auto answered = 0;
  for (unsigned after = 0; after < 60; ++after) {
    auto who = after + 1;
    provider->charges.clear();
    provider->refunds.clear();
    just_begin_order(who);
    work(static_cast<int>(after));
    auto cancelled = ask<messages::order_view>(event, messages::cancel_order{{}, id, order_of(who), buyer(who)});
    while (!cancelled->reply && !cancelled->refused && sched.try_run_once()) {
    }
    restart();
    pass(1s, 100ms);
    if (cancelled->reply) {
      ++answered;
      auto state = state_of(who, who);
      CHECK((state == order_state::cancelled || state == order_state::failed));
      CHECK_EQ(provider->total_charges(), provider->total_refunds());
    } else {
      cancel(who, who); // it was just being confirmed
    }
    release(who, who, {left});
    CHECK_EQ(status(left), "....");
  }
  CHECK_GT(answered, 40);
}

SCENARIO("a wish to cancel is heard of by a checkout that goes on through an outage of the store") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  books->set(store_fault::lost_answer);
  auto cancelled = cancel(1, 1);
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(cancelled->reply.has_value());
  provider->answer_all();
  pass(1s, 50ms);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(provider->total_charges(), provider->total_refunds());
}

SCENARIO("an order whose money is on its way back ends as refunded after a crash") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  ask<done>(sections[1], messages::stop_payment{{}, hold_of(1), order_of(1), event_epoch});
  ask<done>(sections[1], messages::release_hold{{}, id, hold_of(1), buyer(1), {right}});
  settle();
  hold(2, 2, {seats(right, {0})});
  provider->answer_all();
  provider->refund_scripts = {paid::unknown};
  settle();
  CHECK(state_of(1, 1) == order_state::refunding);
  restart();
  pass(1s, 50ms);
  CHECK(state_of(1, 1) == order_state::refunded);
  CHECK_EQ(provider->total_refunds(), 1);
}

SCENARIO("the store goes away in the middle of an order: it waits, and is charged once") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  books->set(store_fault::unavailable);
  provider->answer_all();
  pass(3s, 50ms);
  CHECK(find(1, 1)->refused_as(rejection::store_unavailable));
  books->set(store_fault::none);
  pass(20s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  check_balance(order_state::confirmed);
}

SCENARIO("a step that was written although the store did not say so is heard of when the store is back") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  books->set(store_fault::lost_answer);
  provider->answer_all();
  pass(1s, 50ms);
  states.clear();
  books->set(store_fault::none);
  pass(20s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK(std::find(states.begin(), states.end(), order_state::charged) != states.end());
  CHECK(!states.empty() && states.back() == order_state::confirmed);
  check_balance(order_state::confirmed);
}

SCENARIO("an order whose writing is in doubt is answered when it is known: it was written, and goes on") {
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  books->set(store_fault::lost_answer);
  auto first = order(1, 1, {left, right});
  auto repeated = order(1, 1, {left, right});
  pass(1s, 50ms);
  CHECK((!first->reply && !first->refused));
  CHECK((!repeated->reply && !repeated->refused));
  CHECK_EQ(provider->total_charges(), 0);
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(first->reply.has_value());
  CHECK(repeated->reply.has_value());
  CHECK(state_of(1, 1) == order_state::confirmed);
  check_balance(order_state::confirmed);
  CHECK((states == heard_states{order_state::charging, order_state::charged, order_state::confirmed}));
}

SCENARIO("an order whose writing is in doubt is answered when it is known: it was not written, and nothing happens") {
  hold(1, 1, {seats(left, {0})});
  books->set(store_fault::unavailable);
  auto first = order(1, 1, {left});
  auto repeated = order(1, 1, {left});
  pass(1s, 50ms);
  CHECK((!first->reply && !first->refused));
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(first->refused_as(rejection::store_unavailable));
  CHECK(repeated->refused_as(rejection::store_unavailable));
  CHECK(find(1, 1)->refused_as(rejection::not_found));
  CHECK_EQ(provider->total_charges(), 0);
  CHECK_EQ(status(left), "H...");
  CHECK(order(1, 1, {left})->reply.has_value());
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("an order that was not written may be followed by another one for its hold as soon as the store is back") {
  hold(1, 1, {seats(left, {0})});
  books->set(store_fault::unavailable);
  order(1, 1, {left});
  books->set(store_fault::none);
  pass(2s, 50ms);
  messages::start_order other{{}, id, order_of(2), hold_of(1), buyer(1), {left}, "card", "other", 2};
  CHECK(asked<messages::order_view>(other)->reply.has_value());
  CHECK(state_of(2, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO(
    "whoever takes over an order that is in doubt knows whether it was written, and its buyer was told nothing else") {
  for (auto fault : {store_fault::lost_answer, store_fault::unavailable}) {
    auto number = fault == store_fault::lost_answer ? 1U : 2U;
    hold(number, number, {seats(left, {number})});
    books->set(fault);
    auto asked_for = order(number, number, {left});
    pass(1s, 50ms);
    stop();
    books->set(store_fault::none);
    start();
    pass(5s, 50ms);
    CHECK(!asked_for->reply.has_value());
    CHECK(!asked_for->refused_as(rejection::store_unavailable)); // that would say that nothing has happened
    if (fault == store_fault::lost_answer)
      CHECK(state_of(number, number) == order_state::confirmed);
    else
      CHECK(find(number, number)->refused_as(rejection::not_found));
  }
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("a cancellation whose writing is in doubt is answered when it is known") {
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  for (auto fault : {store_fault::unavailable, store_fault::lost_answer}) {
    books->set(fault);
    auto cancelled = cancel(1, 1);
    auto refunded = refund(1);
    pass(1s, 50ms);
    CHECK((!cancelled->reply && !cancelled->refused));
    books->set(store_fault::none);
    pass(5s, 50ms);
    if (fault == store_fault::unavailable) {
      CHECK(cancelled->refused_as(rejection::store_unavailable));
      CHECK(refunded->refused_as(rejection::store_unavailable));
      check_balance(order_state::confirmed);
    } else {
      CHECK(cancelled->reply.has_value());
      CHECK(refunded->reply.has_value());
      CHECK(state_of(1, 1) == order_state::cancelled);
      check_balance(order_state::cancelled);
    }
  }
}

SCENARIO("money that comes while an order is being given up stays if that is never written, whenever it comes") {
  for (std::uint64_t after = 0; after < 20; ++after) {
    auto number = after + 1;
    provider->hold_answers();
    hold(number, number, {seats(left, {0})});
    order(number, number, {left});
    REQUIRE(state_of(number, number) == order_state::charging);
    books->set(store_fault::unavailable);
    auto given_up = ask<messages::order_view>(event, messages::refund_order{{}, id, order_of(number)});
    work(static_cast<int>(after));
    provider->answer_all();
    pass(1s, 50ms);
    books->set(store_fault::none);
    pass(10s, 50ms);
    CHECK(given_up->refused_as(rejection::store_unavailable));
    CHECK(state_of(number, number) == order_state::confirmed);
    CHECK_EQ(provider->total_charges(), static_cast<int>(number));
    CHECK_EQ(provider->total_refunds(), static_cast<int>(after));
    CHECK(refund(number)->reply.has_value()); // for the next round
    pass(1s, 50ms);
  }
}

SCENARIO("when another process takes the shards over, the first one confirms nothing more") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  auto first_event = event;
  auto first_sections = sections;
  start();
  auto late = ask<messages::hold_granted>(first_event, wish(5, 5, {seats(left, {3})}));
  auto late_too = ask<messages::order_view>(first_event, messages::cancel_order{{}, id, order_of(1), buyer(1)});
  provider->answer_all();
  pass(5s, 50ms);
  CHECK(!late->reply.has_value());
  CHECK(!keeper_heard->stopped.empty());
  for (const auto& news : keeper_heard->stopped)
    CHECK(news.why == messages::append_failure::fenced);
  CHECK(state_of(1, 1) == order_state::confirmed);
  check_balance(order_state::confirmed);
  self->send_exit(first_event, caf::exit_reason::kill);
  for (const auto& section : first_sections)
    self->send_exit(section, caf::exit_reason::kill);
  settle();
}

SCENARIO("a checkout that breaks while it is in doubt whether its step was written is followed by another one") {
  put_up_doors();
  auto number = std::uint64_t{0};
  for (auto fault : {store_fault::unavailable, store_fault::lost_answer})
    for (auto patience : {10ms, 100ms, 400ms, 2'000ms})
      for (auto outage : {0ms, 500ms, 3'000ms}) {
        ++number;
        provider->charges.clear();
        provider->refunds.clear();
        provider->hold_answers();
        REQUIRE(hold(number, number, {seats(left, {0}), seats(right, {0})})->reply.has_value());
        REQUIRE(order(number, number, {left, right})->reply.has_value());
        REQUIRE(state_of(number, number) == order_state::charging);
        auto checkout = caf::actor_cast<caf::actor>(doors[0]->last_asker);
        books->set(fault);
        provider->answer_all();
        pass(patience, 50ms); // now or when it has tried again
        self->send_exit(checkout, caf::exit_reason::kill);
        pass(outage, 50ms);
        CHECK(find(number, number)->refused_as(rejection::store_unavailable));
        books->set(store_fault::none);
        pass(30s, 50ms);
        CHECK(state_of(number, number) == order_state::confirmed);
        check_balance(order_state::confirmed);
        CHECK(refund(number)->reply.has_value()); // for the next round
        pass(1s, 50ms);
        check_balance(order_state::cancelled);
      }
}

END_FIXTURE_SCOPE()
