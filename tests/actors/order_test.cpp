#define CAF_SUITE actors.order

#include "actors/checkout_ways.hpp"
#include "domain/event.hpp"
#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <map>
#include <vector>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::order_state;
using domain::rejection;
using paid = payments::outcome;

BEGIN_FIXTURE_SCOPE(event_fixture)

SCENARIO("an order over two sections is charged once and its seats are sold") {
  hold(1, 1, {seats(left, {0, 1}), seats(right, {0})});
  auto begun = order(1, 1, {left, right});
  REQUIRE(begun->reply.has_value());
  CHECK_EQ(begun->reply->total, 15'000);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(status(left), "SS..");
  CHECK_EQ(status(right), "S...");
  CHECK_EQ(provider->total_charges(), 1);
  CHECK((states == heard_states{order_state::charging, order_state::charged, order_state::confirmed}));
  CHECK(hold(2, 1, {seats(left, {2, 3})})->refused_as(rejection::limit_exceeded));
}

SCENARIO("the same order twice is one order and one charge, another request under its key is a mismatch") {
  hold(1, 1, {seats(left, {0})});
  messages::start_order wanted{{}, id, order_of(1), hold_of(1), buyer(1), {left}, "card", "key", 1};
  auto first = ask<messages::order_view>(event, wanted);
  auto second = ask<messages::order_view>(event, wanted);
  settle();
  CHECK(first->reply.has_value());
  CHECK(second->reply.has_value());
  CHECK(order(1, 1, {left})->reply->state == order_state::confirmed);
  wanted.request_digest = 2;
  CHECK(asked<messages::order_view>(wanted)->refused_as(rejection::idempotency_mismatch));
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("two orders for one hold do not both pay") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  CHECK(order(1, 1, {left})->reply.has_value());
  messages::start_order other{{}, id, order_of(2), hold_of(1), buyer(1), {left}, "card", "other", 2};
  CHECK(asked<messages::order_view>(other)->refused_as(rejection::in_progress));
  provider->answer_all();
  settle();
  CHECK(asked<messages::order_view>(other)->refused.has_value());
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("an order needs a hold of its buyer, and sections that are not named twice") {
  hold(1, 1, {seats(left, {0})});
  CHECK(order(1, 2, {left})->refused_as(rejection::not_found));
  CHECK(order(1, 1, {left, left})->refused_as(rejection::not_found));
  CHECK(order(1, 1, {})->refused_as(rejection::not_found));
  CHECK(find(1, 1)->refused_as(rejection::not_found));
  release(1, 1, {left});
  CHECK(order(1, 1, {left})->refused_as(rejection::hold_expired));
  hold(2, 2, {seats(left, {1}), seats(right, {1})});
  CHECK(order(2, 2, {left})->refused_as(rejection::not_found)); // half of it
  CHECK(order(2, 2, {left, right})->reply.has_value());
}

SCENARIO("a declined order fails and says why, and its hold goes on") {
  provider->charge_scripts = {{false, paid::declined}};
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  auto view = find(1, 1)->reply;
  CHECK(view->state == order_state::failed);
  CHECK_EQ(view->reason, "no funds");
  CHECK_EQ(status(left), "H...");
  messages::start_order again{{}, id, order_of(2), hold_of(1), buyer(1), {left}, "card", "other", 2};
  CHECK(asked<messages::order_view>(again)->reply.has_value());
  CHECK(state_of(2, 1) == order_state::confirmed);
}

SCENARIO("of a buyer's failed orders the newest are remembered, and the key of a forgotten one may be used again") {
  const std::uint64_t most = domain::event::unpaid_orders_per_buyer_max;
  provider->charge_scripts.assign(most + 1, {false, paid::declined});
  hold(1, 1, {seats(left, {0})});
  auto pay = [this](std::uint64_t number) {
    return asked<messages::order_view>(
        messages::start_order{{}, id, order_of(number), hold_of(1), buyer(1), {left}, "card", "key", number});
  };
  for (std::uint64_t number = 1; number <= most + 1; ++number)
    CHECK(pay(number)->reply.has_value());
  for (int i = 0; i < 2; ++i) {
    CHECK(find(1, 1)->refused_as(rejection::not_found));
    for (std::uint64_t number = 2; number <= most + 1; ++number)
      CHECK(state_of(number, 1) == order_state::failed);
    restart();
  }
  CHECK(pay(1)->reply.has_value());
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
  restart();
  CHECK(state_of(1, 1) == order_state::confirmed);
}

SCENARIO("an unknown outcome is asked until it is known: it was charged") {
  provider->charge_scripts = {{true, paid::unknown}};
  provider->status_scripts = {paid::unknown, paid::unknown};
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  CHECK(state_of(1, 1) == order_state::charging);
  pass(5s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("an unknown outcome is asked until it is known: the provider was never asked, and is asked again") {
  provider->charge_scripts = {{false, paid::unknown}};
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  pass(5s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("while the outcome is open the hold is extended") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  pass(900s, 1s);
  CHECK_EQ(status(left), "H...");
  CHECK(state_of(1, 1) == order_state::charging);
  provider->answer_all();
  pass(10s, 100ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(provider->total_charges(), 1);
}

SCENARIO("seats that are being paid for are still their buyer's after a long outage of the store") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  books->set(store_fault::unavailable);
  hold(2, 2, {seats(left, {1})}); // so that the section notices
  pass(600s, 1s);
  books->set(store_fault::none);
  pass(5s, 10ms);
  CHECK(hold(3, 3, {seats(left, {0})})->refused_as(rejection::seat_taken));
  provider->answer_all();
  pass(10s, 100ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
}

SCENARIO("seats that are being paid for are still their buyer's after their node was down for long") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  stop();
  pass(600s, 1s);
  start();
  CHECK(hold(3, 3, {seats(left, {0})})->refused_as(rejection::seat_taken));
  provider->answer_all();
  pass(70s, 100ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
}

SCENARIO("when the money arrives and the seats are gone, it goes back once") {
  provider->hold_answers();
  provider->refund_scripts = {paid::unknown};
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  order(1, 1, {left, right});
  // Somebody else gets one of the seats while the payment runs, as might happen after a long outage of the whole node.
  ask<done>(sections[1], messages::stop_payment{{}, hold_of(1), order_of(1), event_epoch});
  ask<done>(sections[1], messages::release_hold{{}, id, hold_of(1), buyer(1), {right}});
  settle();
  CHECK(hold(2, 2, {seats(right, {0})})->reply.has_value());
  provider->answer_all();
  pass(10s, 50ms);
  CHECK(state_of(1, 1) == order_state::refunded);
  CHECK_EQ(provider->total_charges(), 1);
  CHECK_EQ(provider->total_refunds(), 1);
  CHECK_EQ(status(left), "....");
  CHECK_EQ(status(right), "H...");
  CHECK(hold(3, 1, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("an order that is cancelled while it is charged gets its money back") {
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  CHECK(cancel(1, 1)->reply->state == order_state::charging);
  provider->answer_all();
  settle();
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK_EQ(provider->total_charges(), 1);
  CHECK_EQ(provider->total_refunds(), 1);
  CHECK_EQ(status(left), "....");
}

SCENARIO("a confirmed order that is cancelled gets its money back and its seats are free") {
  hold(1, 1, {seats(left, {0, 1}), seats(right, {2, 3})});
  order(1, 1, {left, right});
  CHECK(cancel(1, 2)->refused_as(rejection::not_found));
  CHECK(cancel(1, 1)->reply.has_value());
  CHECK(state_of(1, 1) == order_state::cancelled);
  CHECK(cancel(1, 1)->reply->state == order_state::cancelled);
  CHECK_EQ(provider->total_refunds(), 1);
  CHECK_EQ(status(left) + status(right), "........");
  CHECK(hold(2, 1, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("whenever an order is cancelled it is over without any waiting, and the money is back") {
  unsigned put_off = 0;
  for (unsigned after = 0; after < 60; ++after) {
    auto who = after + 1;
    just_begin_order(who);
    for (unsigned step = 0; step < after; ++step)
      sched.try_run_once();
    if (auto cancelled = cancel(who, who); !cancelled->reply) {
      CHECK(cancelled->refused_as(rejection::in_progress)); // it is just being confirmed
      CHECK(cancel(who, who)->reply.has_value());
      ++put_off;
    }
    // Without time passing.
    auto state = state_of(who, who);
    CHECK((state == order_state::cancelled || state == order_state::failed));
    CHECK_EQ(provider->total_charges(), provider->total_refunds());
    release(who, who, {left}); // a hold that was not charged goes on
    CHECK_EQ(status(left), "....");
  }
  CHECK(put_off > 0);
}

SCENARIO("an order that failed or was refunded stays what it is when it is cancelled") {
  provider->charge_scripts = {{false, paid::declined}};
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  CHECK(cancel(1, 1)->reply->state == order_state::failed);
}

SCENARIO("every way of a checkout is one that orders take") {
  using enum order_state;
  const std::map<order_state, std::vector<order_state>> before{{started, {}},
                                                               {charging, {charging}},
                                                               {charged, {charging, charged}},
                                                               {refunding, {charging, charged, refunding}},
                                                               {cancelling, {charging, charged, confirmed, cancelling}},
                                                               {given_up, {charging, given_up}}};
  auto may_go = [&](order_state from, order_state to) {
    domain::order one{domain::order_started{}};
    for (auto step : before.at(from))
      one.apply(domain::order_advanced{{}, step, {}, {}});
    return domain::granted(one.advance(to, {}, {})) != nullptr;
  };
  for (const auto& way : actors::checkout_ways)
    CHECK(may_go(way.from(), way.to()));
  CHECK_EQ(actors::checkout_ways.size(), before.size());
  CHECK(may_go(actors::way_to_fail.from(), actors::way_to_fail.to()));
  CHECK(may_go(started, actors::way_to_fail.to()));
  CHECK(may_go(charged, refunding));
  CHECK(may_go(given_up, refunding));
  CHECK(may_go(refunding, cancelled));
}

SCENARIO("a free order asks no provider") {
  change_price("Standing", 0);
  hold(1, 1, {{floor, domain::quantity_wish{2}}});
  order(1, 1, {floor});
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK(provider->calls.empty());
}

SCENARIO("a sale is sold out when nothing is free or held, and open again when seats come back") {
  change([](messages::change_event& wish) { wish.max_seats_per_buyer = 100; });
  hold(1, 1, {seats(left, {0, 1, 2, 3}), seats(right, {0, 1, 2, 3}), {floor, domain::quantity_wish{10}}});
  pass(1s);
  CHECK(view().state == event_state::open);
  order(1, 1, {left, right, floor});
  pass(1s);
  CHECK(view().state == event_state::sold_out);
  CHECK(hold(2, 2, {seats(left, {0})})->refused_as(rejection::sold_out));
  cancel(1, 1);
  pass(1s);
  CHECK(view().state == event_state::open);
  CHECK(hold(3, 2, {seats(left, {0})})->reply.has_value());
}

SCENARIO("a sale is sold out although that could not be written down when it was heard") {
  limits.journal.in_flight_max = 1;
  restart();
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  // This is being written when the totals arrive.
  self->send(event, messages::advance_order{{}, order_of(1), order_state::charged, ""});
  for (auto section : {left, right, floor})
    self->send(event, messages::section_totals_changed{section, {.sold = 4}});
  settle();
  CHECK(view().state == event_state::sold_out);
}

SCENARIO("an order that is confirmed before its section says what it has counts once") {
  hold(1, 1, {seats(left, {0, 1})});
  order(1, 1, {left});
  self->send(event, messages::event_peers{}, sections, room); // as at a start: sections tell all claims again
  settle();
  CHECK(hold(2, 1, {seats(right, {0, 1})})->reply.has_value());
}

SCENARIO("the report counts seats, money, people and orders") {
  hold(1, 1, {seats(left, {0, 1})});
  order(1, 1, {left});
  hold(2, 2, {seats(right, {0})});
  auto report = asked<messages::event_report>(messages::report_event{{}, id})->reply;
  REQUIRE(report.has_value());
  CHECK_EQ(report->sections[0].totals.sold, 2u);
  CHECK_EQ(report->sections[0].totals.revenue, 10'000);
  CHECK_EQ(report->sections[1].totals.held, 1u);
  CHECK_EQ(report->orders_confirmed, 1u);
  CHECK_EQ(report->orders_under_way, 0u);
}

SCENARIO("orders under way are bounded") {
  limits.checkouts_max = 1;
  restart();
  provider->hold_answers();
  hold(1, 1, {seats(left, {0})});
  hold(2, 2, {seats(left, {1})});
  CHECK(order(1, 1, {left})->reply.has_value());
  CHECK(order(2, 2, {left})->refused_as(rejection::overloaded));
  provider->answer_all();
  settle();
  CHECK(order(2, 2, {left})->reply.has_value());
}

END_FIXTURE_SCOPE()
