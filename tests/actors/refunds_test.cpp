#define CAF_SUITE actors.refunds

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::order_selection;
using domain::order_state;
using domain::rejection;
using paid = payments::outcome;

namespace {

using numbers = std::vector<std::uint64_t>;

struct fixture : event_fixture {
  void sell(std::uint64_t number, domain::section_no section, std::initializer_list<std::uint32_t> places) {
    REQUIRE(hold(number, number, {seats(section, places)})->reply.has_value());
    order(number, number, {section});
    REQUIRE(state_of(number, number) == order_state::confirmed);
  }

  /// A buyer who may have two seats pays for two, and the section lets go of their hold meanwhile, as after an outage
  /// that was longer than the payment's time.
  void pay_while_hold_ends() {
    change([](messages::change_event& wish) { wish.max_seats_per_buyer = 2; });
    provider->hold_answers();
    hold(1, 1, {seats(left, {0, 1})});
    order(1, 1, {left});
    self->send(event, messages::allowance_back{left, hold_of(1)});
    settle();
    CHECK(hold(2, 1, {seats(right, {0})})->refused_as(rejection::limit_exceeded));
  }

  void rule(domain::cancellation_rule cancellations) {
    REQUIRE(change([&](messages::change_event& wish) { wish.cancellations = cancellations; })->reply.has_value());
  }

  numbers in_state(order_selection state) {
    return found([state](messages::list_orders& wish) { wish.state = state; });
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a buyer cancels until the sale closes; afterwards only an operator does") {
  sell(1, left, {0});
  sell(2, left, {1});
  CHECK(cancel(2, 2)->reply.has_value());
  CHECK(change_state(event_state::closed)->reply.has_value());
  CHECK(cancel(1, 1)->refused_as(rejection::cancellation_closed));
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_refunds(), 1);
  auto undone = refund(1);
  REQUIRE(undone->reply.has_value());
  CHECK(undone->reply->state == order_state::cancelling);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(find(1, 1)->reply->reason, "Cancelled by the organiser.");
  CHECK_EQ(provider->total_refunds(), 2);
  CHECK_EQ(status(left), "....");
  CHECK(refund(1)->reply->state == order_state::cancelled);
  CHECK(refund(77)->refused_as(rejection::not_found));
}

SCENARIO("the reason of an operator's refund survives a crash") {
  sell(1, left, {0});
  provider->hold_answers();
  CHECK(refund(1)->reply.has_value());
  CHECK(state_of(1, 1) == order_state::cancelling);
  restart();
  provider->answer_all();
  pass(1s, 100ms);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(find(1, 1)->reply->reason, "Cancelled by the organiser.");
  CHECK_EQ(provider->total_refunds(), 1);
}

SCENARIO("where nothing is cancelled, an operator changes the rule first") {
  sell(1, left, {0});
  rule({domain::cancellation_rule::who::nobody, {}});
  CHECK(cancel(1, 1)->refused_as(rejection::cancellation_closed));
  CHECK(refund(1)->refused_as(rejection::cancellation_closed));
  rule({domain::cancellation_rule::who::operators, {}});
  CHECK(cancel(1, 1)->refused_as(rejection::cancellation_closed));
  CHECK(refund(1)->reply.has_value());
  CHECK(state_of(1, 1) == order_state::cancelled);
}

SCENARIO("an operator ends an order whose payment hangs: its seats are free at once, and late money goes back") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  pass(30s, 1s);
  CHECK(cancel(1, 1)->reply->state == order_state::charging); // no way out for the buyer
  CHECK_EQ(status(left), "H...");
  CHECK(refund(1)->reply->state == order_state::given_up);
  CHECK_EQ(status(left) + status(right), "........");
  CHECK(hold(2, 2, {seats(left, {0})})->reply.has_value());
  CHECK(hold(3, 1, {seats(right, {0, 1, 2, 3})})->reply.has_value()); // nor does it count any more
  CHECK((states == heard_states{order_state::charging, order_state::given_up}));
  for (int i = 0; i < 2; ++i) {
    pass(600s, 5s);
    CHECK(state_of(1, 1) == order_state::given_up);
    CHECK_EQ(provider->total_refunds(), 0);
    restart();
  }
  provider->answer_all();
  pass(120s, 1s);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(find(1, 1)->reply->reason, "Ended by the organiser.");
  CHECK_EQ(provider->total_charges(), 1);
  CHECK_EQ(provider->total_refunds(), 1);
}

SCENARIO("nobody hears how an order stands before that is durable, whenever it is given up or cancelled") {
  provider->hold_answers();
  auto is_written = [this](std::uint64_t number, order_state state) {
    auto facts = books->facts({domain::shard_kind::event, id, {}});
    return state == order_state::started || std::any_of(facts.begin(), facts.end(), [&](const domain::fact& each) {
             const auto* step = std::get_if<domain::order_advanced>(&each);
             return step != nullptr && step->order == order_of(number) && step->state == state;
           });
  };
  auto is_unwanted = [this](std::uint64_t number) {
    auto facts = books->facts({domain::shard_kind::event, id, {}});
    return std::any_of(facts.begin(), facts.end(), [&](const domain::fact& each) {
      const auto* cancelled = std::get_if<domain::order_cancel_requested>(&each);
      const auto* step = std::get_if<domain::order_advanced>(&each);
      return (cancelled != nullptr && cancelled->order == order_of(number))
             || (step != nullptr && step->order == order_of(number) && step->state == order_state::given_up);
    });
  };
  auto is_true = [&](std::uint64_t number, const messages::order_view& told) {
    return is_written(number, told.state) && (!told.cancel_requested || is_unwanted(number));
  };
  auto given_up = 0;
  for (int after = 0; after < 60; ++after) {
    auto number = static_cast<std::uint64_t>(after) + 1;
    just_begin_order(number);
    for (int i = 0; i < after && sched.try_run_once(); ++i) {
    }
    states.clear();
    auto ended = ask<messages::order_view>(event, messages::refund_order{{}, id, order_of(number)});
    auto seen = ask<messages::order_view>(event, messages::find_order{{}, id, order_of(number), buyer(number)});
    auto wanted_back =
        ask<messages::order_view>(event, messages::cancel_order{{}, id, order_of(number), buyer(number)});
    messages::list_orders all;
    all.order = order_of(number);
    auto listed = ask<messages::order_list>(event, all);
    std::size_t heard = 0;
    while (sched.try_run_once()) {
      for (; heard < states.size(); ++heard)
        CHECK(is_written(number, states[heard]));
      for (const auto& answer : {ended, seen, wanted_back})
        if (answer->reply)
          CHECK(is_true(number, *answer->reply));
      if (listed->reply)
        for (const auto& one : listed->reply->orders)
          CHECK(is_true(number, one));
    }
    given_up += ended->reply.has_value() ? 1 : 0;
    CHECK(refund(number)->reply->state == order_state::given_up);
    REQUIRE(!states.empty());
    CHECK(states.back() == order_state::given_up);
    CHECK_EQ(status(left), "....");
  }
  CHECK_GT(given_up, 20);
}

SCENARIO("an order that was given up ends when the provider declines after all") {
  hold(1, 1, {seats(left, {0})});
  provider->charge_scripts = {{false, paid::unknown}};
  provider->status_scripts = {paid::unknown, paid::unknown, paid::unknown, paid::declined};
  order(1, 1, {left});
  CHECK(refund(1)->reply.has_value());
  pass(120s, 1s);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK(!find(1, 1)->reply->was_paid);
}

SCENARIO("an order that was given up ends when the provider has not known it for an hour") {
  hold(1, 1, {seats(left, {0})});
  provider->charge_scripts = {{false, paid::unknown}};
  provider->status_scripts = {paid::unknown};
  order(1, 1, {left});
  CHECK(refund(1)->reply.has_value());
  pass(3'000s, 10s);
  CHECK(state_of(1, 1) == order_state::given_up);
  pass(1'000s, 10s);
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(provider->total_charges(), 0);
}

SCENARIO("whenever an operator has an order undone, it ends with seats and money where they belong") {
  unsigned undone = 0, put_off = 0;
  for (unsigned after = 0; after < 60; ++after) {
    auto who = after + 1;
    provider->charges.clear();
    provider->refunds.clear();
    just_begin_order(who);
    for (unsigned step = 0; step < after; ++step)
      sched.try_run_once();
    auto asked_for = refund(who);
    if (asked_for->refused) {
      CHECK(asked_for->refused_as(rejection::in_progress)); // it is just going on to its next state
      ++put_off;
      asked_for = refund(who);
    }
    REQUIRE(asked_for->reply.has_value());
    ++undone;
    CHECK(state_of(who, who) == order_state::cancelled); // without time passing
    CHECK_EQ(provider->total_charges(), provider->total_refunds());
    CHECK_EQ(status(left), "....");
  }
  CHECK_EQ(undone, 60u);
  CHECK_GT(put_off, 0u);
}

SCENARIO("all orders of a closed event are refunded, as many at a time as there may be checkouts") {
  limits.checkouts_max = 2;
  restart();
  for (std::uint64_t n = 1; n <= 4; ++n)
    sell(n, left, {static_cast<std::uint32_t>(n - 1)});
  CHECK(refund_all()->refused_as(rejection::bad_request)); // it is still selling
  CHECK(change_state(event_state::closed)->reply.has_value());
  provider->hold_answers();
  auto first = refund_all()->reply;
  REQUIRE(first.has_value());
  CHECK_EQ(first->begun, 2u);
  CHECK_EQ(first->left, 2u);
  CHECK_EQ(first->open, 2u);
  auto second = refund_all()->reply;
  CHECK_EQ(second->begun, 0u);
  CHECK_EQ(second->left, 2u);
  restart();
  provider->answer_all();
  pass(1s, 100ms);
  CHECK_EQ(refund_all()->reply->begun, 2u);
  auto last = refund_all()->reply;
  CHECK_EQ(last->begun + last->left + last->open, 0u);
  CHECK_EQ(provider->total_refunds(), 4);
  CHECK_EQ(status(left), "....");
}

SCENARIO("a refund of all orders whose answer is lost goes on from where the journal says") {
  for (std::uint64_t n = 1; n <= 2; ++n)
    sell(n, left, {static_cast<std::uint32_t>(n - 1)});
  CHECK(change_state(event_state::closed)->reply.has_value());
  books->set(store_fault::lost_answer);
  auto lost = refund_all();
  CHECK(!lost->reply.has_value());
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(lost->refused_as(rejection::store_unavailable));
  auto after = refund_all()->reply;
  CHECK_EQ(after->left, 0u);
  CHECK_EQ(provider->total_refunds(), 2);
}

SCENARIO("a refund of all orders that is asked for again while the store is away is told so, and does no harm") {
  sell(1, left, {0});
  CHECK(change_state(event_state::closed)->reply.has_value());
  provider->hold_answers();
  CHECK_EQ(refund_all()->reply->begun, 1u);
  books->set(store_fault::unavailable);
  change([](messages::change_event& wish) { wish.max_shopping = 7; }); // which cannot be written
  provider->answer_all();
  pass(1s, 50ms);
  CHECK(refund_all()->refused_as(rejection::store_unavailable));
  CHECK(keeper_heard->stopped.empty());
  books->set(store_fault::none);
  pass(20s, 50ms);
  CHECK_EQ(refund_all()->reply->left, 0u);
  CHECK(state_of(1, 1) == order_state::cancelled);
}

SCENARIO("an order that is given up while the store goes away ends all the same, whenever the provider answers") {
  for (auto answered_at_once : {true, false}) {
    auto number = answered_at_once ? 1U : 2U;
    provider->hold_answers();
    REQUIRE(hold(number, number, {seats(left, {number})})->reply.has_value());
    order(number, number, {left});
    auto given_up = ask<messages::order_view>(event, messages::refund_order{{}, id, order_of(number)});
    while (!given_up->reply && sched.try_run_once()) {
    }
    REQUIRE(given_up->reply.has_value());
    books->set(store_fault::unavailable); // before the section hears that it is to let go
    pass(answered_at_once ? 1s : 70s, 50ms);
    provider->answer_all();
    pass(1s, 50ms);
    books->set(store_fault::none);
    pass(120s, 500ms);
    CHECK(state_of(number, number) == order_state::cancelled);
    CHECK_EQ(provider->total_charges(), provider->total_refunds());
    CHECK_EQ(status(left), "....");
  }
}

SCENARIO("what counted for an order that was not written counts no longer when its hold has ended meanwhile") {
  change([](messages::change_event& wish) { wish.max_seats_per_buyer = 2; });
  hold(1, 1, {seats(left, {0, 1})});
  books->set(store_fault::unavailable);
  order(1, 1, {left});
  self->send(event, messages::allowance_back{left, hold_of(1)});
  settle();
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(find(1, 1)->refused_as(rejection::not_found));
  CHECK(hold(2, 1, {seats(right, {0, 1})})->reply.has_value());
}

SCENARIO("operators find orders by order, buyer, seat and state, page by page") {
  sell(1, left, {0});
  sell(2, left, {1});
  provider->charge_scripts = {{false, paid::declined}};
  hold(3, 1, {seats(right, {0})});
  order(3, 1, {right});
  cancel(2, 2);
  provider->hold_answers();
  hold(4, 4, {seats(left, {1})});
  order(4, 4, {left});
  CHECK((in_state(order_selection::all) == numbers{1, 2, 3, 4}));
  CHECK((in_state(order_selection::confirmed) == numbers{1}));
  CHECK((in_state(order_selection::cancelled) == numbers{2}));
  CHECK((in_state(order_selection::failed) == numbers{3}));
  CHECK((in_state(order_selection::charging) == numbers{4}));
  CHECK((in_state(order_selection::open) == numbers{4}));
  CHECK(in_state(order_selection::refunded).empty());
  CHECK(in_state(order_selection::stuck).empty());
  CHECK((found([this](auto& wish) { wish.buyer = buyer(1); }) == numbers{1, 3}));
  CHECK((found([this](auto& wish) { wish.seat = {left, domain::seat_no{1}}; }) == numbers{2, 4}));
  CHECK((found([this](auto& wish) { wish.order = order_of(2); }) == numbers{2}));
  CHECK(found([this](auto& wish) { wish.order = order_of(9); }).empty());
  messages::list_orders wish;
  wish.event = id;
  wish.limit = 3;
  auto page = asked<messages::order_list>(wish)->reply;
  CHECK(page->more);
  CHECK_EQ(page->orders.size(), 3u);
  wish.after = page->orders.back().order;
  page = asked<messages::order_list>(wish)->reply;
  CHECK(!page->more);
  CHECK_EQ(page->orders.size(), 1u);
}

SCENARIO("an order that comes no further for five minutes is stuck: found, counted, and no longer when it goes on") {
  auto gauge = [this] { return actors::stuck_orders(sys).value(); };
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  pass(299s, 1s);
  CHECK(in_state(order_selection::stuck).empty());
  CHECK_EQ(gauge(), 0);
  pass(3s, 1s);
  CHECK((in_state(order_selection::stuck) == numbers{1}));
  CHECK_EQ(gauge(), 1);
  CHECK_EQ(asked<messages::event_report>(messages::report_event{{}, id})->reply->orders_stuck, 1u);
  provider->answer_all();
  pass(5s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(gauge(), 0);
  CHECK(in_state(order_selection::stuck).empty());
}

SCENARIO("seats that are being paid for count, even if their hold has ended meanwhile, and when the money comes") {
  pay_while_hold_ends();
  provider->answer_all();
  settle();
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK(hold(3, 1, {seats(right, {0})})->refused_as(rejection::limit_exceeded));
}

SCENARIO("seats that are being paid for count no longer when their hold has ended and the payment fails") {
  provider->charge_scripts = {{false, paid::declined}};
  pay_while_hold_ends();
  provider->answer_all();
  settle();
  CHECK(state_of(1, 1) == order_state::failed);
  CHECK(hold(3, 1, {seats(right, {0, 1})})->reply.has_value());
}

SCENARIO("after a restart, what is being paid for counts although its section has let go of it") {
  change([](messages::change_event& wish) { wish.max_seats_per_buyer = 2; });
  provider->hold_answers();
  hold(1, 1, {seats(left, {0, 1})});
  order(1, 1, {left});
  ask<done>(sections[0], messages::stop_payment{{}, hold_of(1), order_of(1), event_epoch});
  ask<done>(sections[0], messages::release_hold{{}, id, hold_of(1), buyer(1), {left}});
  settle();
  restart();
  CHECK(hold(2, 1, {seats(right, {0})})->refused_as(rejection::limit_exceeded));
  provider->answer_all();
  pass(5s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(status(left), "SS..");
}

SCENARIO("a finished checkout leaves nothing in the clock that all actors share") {
  auto waiting = [this] {
    const auto& entries = sched.clock().schedule;
    return std::count_if(entries.begin(), entries.end(), [](const auto& each) { return !each.second.f.disposed(); });
  };
  auto before = waiting();
  for (std::uint64_t n = 1; n <= 4; ++n)
    sell(n, left, {static_cast<std::uint32_t>(n - 1)});
  CHECK_LE(waiting(), before + 2); // the section's next deadline, and its news
}

END_FIXTURE_SCOPE()
