#define CAF_SUITE actors.replaced_event

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::order_state;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(event_fixture)

SCENARIO("what an event that has been replaced still asks for an order that was cancelled since is refused") {
  hold(1, 1, {seats(left, {0})});
  order(1, 1, {left});
  auto earlier = event_epoch;
  replace_event();
  REQUIRE(cancel(1, 1)->reply.has_value());
  pass(1s, 50ms);
  REQUIRE(state_of(1, 1) == order_state::cancelled);
  REQUIRE_EQ(status(left), "....");
  // As if it had been sent when the order was charged, and had been on its way until now.
  auto is_refused = [this](auto wish) {
    auto late = ask<done>(sections[0], std::move(wish));
    settle();
    return late->refused_as(rejection::moved);
  };
  const std::vector<domain::priced_seat> first{{domain::seat_no{0}, 5'000}};
  CHECK(is_refused(messages::sell_seats{{}, hold_of(1), order_of(1), buyer(1), first, earlier}));
  CHECK(is_refused(messages::block_in_section{{}, {domain::seat_no{0}}, 0, true, earlier}));
  CHECK_EQ(status(left), "....");

  REQUIRE(hold(2, 2, {seats(left, {0})})->reply.has_value());
  CHECK(is_refused(messages::start_payment{{}, hold_of(2), order_of(2), buyer(2), 120s, earlier}));
  CHECK(is_refused(messages::release_hold{{}, id, hold_of(2), buyer(2), {left}, true, earlier}));
  REQUIRE(order(2, 2, {left})->reply.has_value());
  pass(1s, 50ms);
  REQUIRE(state_of(2, 2) == order_state::confirmed);
  CHECK(is_refused(messages::stop_payment{{}, hold_of(2), order_of(2), earlier}));
  CHECK(is_refused(messages::take_back_seats{{}, order_of(2), {domain::seat_no{0}}, earlier}));
  CHECK_EQ(status(left), "S...");
}

SCENARIO("an event that has been replaced holds nothing against a paused sale") {
  auto replaced = replace_event();
  REQUIRE(change_state(event_state::paused)->reply.has_value());
  auto ask_replaced = [&](messages::hold_seats wish) {
    auto late = ask<messages::hold_granted>(replaced, std::move(wish));
    settle();
    return late->refused_as(rejection::moved);
  };
  CHECK(ask_replaced(wish(1, 1, {seats(left, {0})})));
  CHECK(ask_replaced(wish(2, 2, {seats(left, {0}), seats(right, {0})})));
  auto best = wish(3, 3, {});
  best.wanted = domain::best_wish{.quantity = 2};
  CHECK(ask_replaced(best));
  CHECK_EQ(status(left) + status(right), "........");
}

SCENARIO("an event that has been replaced changes neither prices nor the waiting room") {
  auto earlier = event_epoch;
  replace_event();
  REQUIRE(change_price("Seat", 7'000)->reply.has_value());
  REQUIRE(change_state(event_state::paused)->reply.has_value());
  self->send(sections[0], messages::terms_changed{domain::section_terms{{1, 1}, 300s, false}, earlier});
  self->send(room, messages::room_settings{.state = event_state::open, .as_of = earlier});
  auto place = ask<domain::queue_place>(room, messages::join_queue{{}, id, buyer(1), {}, false}, gateway());
  pass(1s, 50ms);
  CHECK(place->reply->state == domain::queue_state::waiting);
  CHECK_EQ(ask_admitted(), 0u);
  REQUIRE(change_state(event_state::open)->reply.has_value());
  CHECK_EQ(hold(1, 1, {seats(left, {0})})->reply->sections.front().seats.front().price, 7'000);
  pass(1s, 50ms);
  CHECK_EQ(ask_admitted(), 1u);
}

SCENARIO("a checkout that outlives its event's doubt is heard by sections that know the event's new epoch") {
  provider->hold_answers();
  REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value());
  REQUIRE(order(1, 1, {left})->reply.has_value());
  books->set(store_fault::lost_answer);
  ask<messages::event_view>(event, [] {
    messages::change_event dearer;
    dearer.prices = {{"Seat", 7'000}};
    return dearer;
  }());
  settle();
  books->set(store_fault::none);
  pass(3s, 50ms);
  REQUIRE_EQ(view().settings.prices[0].value(), 7'000); // it writes again
  CHECK_EQ(hold(2, 2, {seats(left, {1})})->reply->sections.front().seats.front().price, 7'000);
  provider->answer_all();
  pass(1s, 50ms);
  CHECK(state_of(1, 1) == order_state::confirmed);
  CHECK_EQ(status(left), "SH..");
}

SCENARIO("a section that starts knows its event's epoch before it has heard from it") {
  auto earlier = event_epoch;
  replace_event();
  auto history = *memory_store{books}.claim({domain::shard_kind::section, id, left}, "test", {});
  auto silent = caf::actor_cast<messages::event_actor>(listen(std::make_shared<heard>()));
  auto alone = actors::spawn_section(
      sys, {id, plan, left, {}, std::move(history), silent, writer, keeper, clock, {}, event_epoch});
  keep(caf::actor_cast<caf::actor>(alone));
  auto sell = [&](domain::epoch as_of) {
    const std::vector<domain::priced_seat> first{{domain::seat_no{0}, 5'000}};
    auto asked = ask<done>(alone, messages::sell_seats{{}, hold_of(9), order_of(9), buyer(9), first, as_of});
    settle();
    return asked;
  };
  CHECK(sell(earlier)->refused_as(rejection::moved));
  CHECK(sell(event_epoch)->reply.has_value());
}

SCENARIO("a section that was told of its event's epoch at its start refuses earlier ones from then on") {
  actors::latest_event latest{domain::epoch{2}};
  CHECK(latest.outdates(domain::epoch{1}));
  CHECK(!latest.outdates(domain::epoch{2}));
  CHECK(!latest.outdates(domain::epoch{4}));
  CHECK(latest.outdates(domain::epoch{3}));
}

END_FIXTURE_SCOPE()
