#define CAF_SUITE actors.event_holds

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(event_fixture)

SCENARIO("a buyer's allowance counts over all sections and comes back when a hold ends") {
  CHECK(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  CHECK(hold(2, 1, {seats(right, {0, 1})})->reply.has_value());
  CHECK(hold(3, 1, {seats(left, {2})})->refused_as(rejection::limit_exceeded));
  CHECK(hold(4, 2, {seats(left, {2})})->reply.has_value());
  CHECK(release(1, 1, {left})->reply.has_value());
  CHECK(hold(5, 1, {seats(right, {2, 3})})->reply.has_value());
  pass(301s, 1s);
  CHECK(hold(6, 1, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("a refused hold costs no allowance") {
  CHECK(hold(1, 1, {seats(left, {0})})->reply.has_value());
  for (std::uint64_t i = 2; i < 8; ++i)
    CHECK(hold(i, 2, {seats(left, {0})})->refused_as(rejection::seat_taken));
  CHECK(hold(9, 2, {seats(right, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("allowances are known again after a restart") {
  hold(1, 1, {seats(left, {0}), seats(right, {0, 1})});
  restart();
  CHECK(hold(2, 1, {seats(left, {1, 2})})->refused_as(rejection::limit_exceeded));
  CHECK(hold(3, 1, {seats(left, {1})})->reply.has_value());
}

SCENARIO("a hold over sections is granted by all, with one deadline") {
  auto granted = hold(1, 1, {seats(left, {0, 1}), seats(right, {3})});
  REQUIRE(granted->reply.has_value());
  CHECK_EQ(granted->reply->sections.size(), 2u);
  CHECK(granted->reply->until == now() + 300s);
  CHECK_EQ(status(left), "HH..");
  CHECK_EQ(status(right), "...H");
}

SCENARIO("a hold that one section refuses is held nowhere, and costs nothing") {
  hold(1, 1, {seats(right, {3})});
  auto refused = hold(2, 2, {seats(left, {0, 1}), seats(right, {2, 3})});
  CHECK(refused->refused_as(rejection::seat_taken));
  CHECK(refused->refused->section == right);
  CHECK_EQ(status(left), "....");
  CHECK_EQ(status(right), "...H");
  CHECK(hold(3, 2, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("a hold over sections that was refused is decided afresh under the same key") {
  hold(1, 1, {seats(right, {3})});
  auto wanted = std::vector{seats(left, {0, 1}), seats(right, {2, 3})};
  for (int i = 0; i < 3; ++i)
    CHECK(hold(2, 2, wanted)->refused_as(rejection::seat_taken));
  CHECK(release(1, 1, {right})->reply.has_value());
  CHECK(hold(2, 2, wanted)->reply.has_value());
  CHECK_EQ(status(left) + status(right), "HH....HH");
  CHECK(hold(2, 2, wanted)->reply.has_value());
  CHECK(release(2, 2, {left, right})->reply.has_value());
  CHECK(hold(2, 2, wanted)->refused_as(rejection::hold_expired));
  CHECK(hold(3, 2, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("whenever a refused hold over sections is repeated, it is refused for the same reason, or is still running") {
  hold(1, 1, {seats(right, {3})});
  auto steps = 0;
  for (auto again = true; again; ++steps) {
    auto number = static_cast<std::uint64_t>(steps) + 2;
    auto wanted = wish(number, number, {seats(left, {0}), seats(right, {3})});
    auto first = ask<messages::hold_granted>(event, wanted);
    for (int i = 0; i < steps && again; ++i)
      again = sched.try_run_once();
    auto second = ask<messages::hold_granted>(event, wanted);
    settle();
    CHECK(first->refused_as(rejection::seat_taken));
    CHECK((second->refused_as(rejection::seat_taken) || second->refused_as(rejection::in_progress)));
    CHECK_EQ(status(left), "....");
    CHECK(hold(number, number, {seats(left, {0}), seats(right, {3})})->refused_as(rejection::seat_taken));
    CHECK(hold(100 + number, number, {seats(left, {0, 1, 2, 3})})->reply.has_value());
    CHECK(release(100 + number, number, {left})->reply.has_value());
  }
  CHECK_GT(steps, 5);
}

SCENARIO("a hold over sections that was refused because the store was away may be asked for again under its key") {
  books->set(store_fault::unavailable);
  auto first = hold(1, 1, {seats(left, {0}), seats(right, {0})});
  CHECK(first->pending());
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::in_progress));
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(first->refused_as(rejection::store_unavailable));
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply.has_value());
  CHECK_EQ(status(left) + status(right), "H...H...");
}

SCENARIO("a hold over sections whose answer was lost in a crash, after any message, is granted when it is repeated") {
  auto steps = 0;
  for (auto again = true; again; ++steps) {
    auto number = static_cast<std::uint64_t>(steps) + 1;
    ask<messages::hold_granted>(event, wish(number, number, {seats(left, {0, 1}), seats(right, {0, 1})}));
    for (int i = 0; i < steps && again; ++i)
      again = sched.try_run_once();
    restart();
    auto repeated = hold(number, number, {seats(left, {0, 1}), seats(right, {0, 1})});
    REQUIRE(repeated->reply.has_value());
    CHECK_EQ(repeated->reply->sections.size(), 2u);
    CHECK_EQ(status(left) + status(right), "HH..HH..");
    CHECK(hold(100 + number, number, {seats(left, {2})})->refused_as(rejection::limit_exceeded));
    CHECK(release(number, number, {left, right})->reply.has_value());
  }
  CHECK_GT(steps, 5);
}

SCENARIO("of two holds over the same sections at once, at most one is granted and nothing is left of the other") {
  auto first = ask<messages::hold_granted>(event, wish(1, 1, {seats(left, {0}), seats(right, {0})}));
  auto second = ask<messages::hold_granted>(event, wish(2, 2, {seats(right, {0}), seats(left, {0})}));
  settle();
  CHECK_EQ(first->reply.has_value() + second->reply.has_value(), 1);
  CHECK_EQ(status(left), "H...");
  CHECK_EQ(status(right), "H...");
}

SCENARIO("repeating a hold over sections repeats its answer, also after a restart") {
  auto first = hold(1, 1, {seats(left, {0}), seats(right, {0})});
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply->until == first->reply->until);
  restart();
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply->until == first->reply->until);
}

SCENARIO("a hold over sections that was written while its answers were lost is granted when the store is back") {
  books->set(store_fault::lost_answer);
  auto first = hold(1, 1, {seats(left, {0}), seats(right, {0})});
  CHECK(first->pending());
  books->set(store_fault::none);
  pass(5s, 50ms);
  REQUIRE(first->reply.has_value());
  CHECK_EQ(status(left) + status(right), "H...H...");
  CHECK(hold(2, 1, {seats(left, {1, 2, 3})})->refused_as(rejection::limit_exceeded));
}

SCENARIO("a hold over sections of which a crash left a part is nowhere when its repeat is refused") {
  // As if the node had died when only the left part was durable.
  ask<messages::hold_granted>(
      sections[0], messages::hold_in_section{
                       {}, hold_of(1), buyer(1), domain::seats_wish{{domain::seat_no{0}}}, 1, {}, {event_epoch, 1}});
  settle();
  restart();
  CHECK(hold(2, 2, {seats(right, {0})})->reply.has_value());
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::seat_taken));
  settle();
  CHECK_EQ(status(left), "....");
  CHECK(hold(3, 1, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("a repeat of a search for the best places finds no others once its hold has ended") {
  CHECK(best(1, 1, 2)->reply.has_value());
  CHECK(release(1, 1, {left})->reply.has_value());
  CHECK(best(1, 1, 2)->refused_as(rejection::hold_expired));
  CHECK_EQ(status(left), "....");
  // One that was refused held nothing, and may be repeated.
  CHECK(hold(2, 2, {seats(left, {0, 1, 2, 3})})->reply.has_value());
  CHECK(hold(3, 3, {seats(right, {0, 1, 2, 3})})->reply.has_value());
  CHECK(best(4, 4, 2)->refused_as(rejection::sold_out));
  CHECK(release(2, 2, {left})->reply.has_value());
  pass(200ms); // until the event knows that there are free seats
  CHECK(best(4, 4, 2)->reply.has_value());
}

SCENARIO("nothing is held on an opening that is decided and not durable") {
  change_state(event_state::paused);
  books->set(store_fault::unavailable);
  messages::change_event opening;
  opening.state = event_state::open;
  ask<messages::event_view>(event, opening);
  auto early = ask<messages::hold_granted>(event, wish(1, 1, {seats(left, {0})}));
  settle();
  CHECK(early->refused_as(rejection::sale_paused));
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK(view().state == event_state::paused);
}

SCENARIO("an event does not call itself sold out before it knows its sections") {
  stop();
  memory_store store{books};
  auto facts = books->facts({domain::shard_kind::event, id, {}}).size();
  writer = working_journal();
  event = actors::spawn_event(sys, {id, plan, *store.claim({domain::shard_kind::event, id, {}}, "test", {}), writer,
                                    keeper, clock, provider, limits});
  self->send(event, messages::section_totals_changed{left, {.sold = 4}});
  settle();
  CHECK(view().state == event_state::open);
  CHECK_EQ(books->facts({domain::shard_kind::event, id, {}}).size(), facts);
}

SCENARIO("a hold of which one section has let go already is over, and is given back where it is still held") {
  REQUIRE(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply.has_value());
  ask<done>(sections[0], messages::release_hold{{}, id, hold_of(1), buyer(1), {left}});
  settle();
  REQUIRE_EQ(status(left) + status(right), "....H...");
  auto found = asked<messages::hold_granted>(messages::find_hold{{}, id, hold_of(1), buyer(1), {left, right}});
  CHECK(found->refused_as(rejection::hold_expired));
  CHECK(order(1, 1, {left, right})->refused_as(rejection::hold_expired));
  CHECK(release(1, 1, {left, right})->reply.has_value());
  CHECK_EQ(status(left) + status(right), "........");
  CHECK(release(1, 1, {left, right})->reply.has_value());
}

SCENARIO("a release and a look go to all sections of a hold") {
  hold(1, 1, {seats(left, {0}), seats(right, {0})});
  auto found = asked<messages::hold_granted>(messages::find_hold{{}, id, hold_of(1), buyer(1), {left, right}});
  REQUIRE(found->reply.has_value());
  CHECK_EQ(found->reply->sections.size(), 2u);
  CHECK(release(1, 1, {left, right})->reply.has_value());
  CHECK(release(1, 1, {left, right})->reply.has_value());
  CHECK_EQ(status(left) + status(right), "........");
}

SCENARIO("the best places anywhere are side by side in the first section that has them") {
  hold(1, 1, {seats(left, {1, 2})});
  auto found = best(2, 2, 2);
  REQUIRE(found->reply.has_value());
  CHECK(found->reply->sections.front().section == right);
  auto scattered = best(3, 3, 4);
  CHECK(scattered->refused_as(rejection::sold_out));
  auto again = best(2, 2, 2);
  REQUIRE(again->reply.has_value());
  CHECK(again->reply->sections.front().section == right);
  CHECK(again->reply->until == found->reply->until);
}

SCENARIO("when nobody has places side by side, any will do") {
  hold(1, 1, {seats(left, {1, 2})});
  hold(2, 2, {seats(right, {0, 1, 3})});
  auto found = best(3, 3, 2);
  REQUIRE(found->reply.has_value());
  CHECK(found->reply->sections.front().section == left);
  CHECK_EQ(status(left), "HHHH");
}

SCENARIO("whoever wants seats of a section that is being handed over may ask again at once, but not for ever") {
  put_up_doors();
  kill_section(left);
  self->send(event, messages::section_closed{left});
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::moved));
  pass(1900ms, 100ms);
  self->send(event, messages::section_closed{left}); // once more, which is nothing new
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::moved));
  pass(200ms, 100ms);
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::overloaded));
  start_section(left);
  pass(10s, 100ms);
  CHECK(hold(1, 1, {seats(left, {0})})->reply.has_value());
}

SCENARIO("a search passes over a section that nobody serves, and finds it again when somebody does") {
  put_up_doors();
  kill_section(left);
  self->send(event, messages::section_closed{left});
  auto found = best(1, 1, 2);
  REQUIRE(found->reply.has_value());
  CHECK(found->reply->sections.front().section == right);
  CHECK(best(2, 2, 4)->refused_as(rejection::overloaded)); // they may well be there
  start_section(left);
  auto again = best(2, 2, 4);
  REQUIRE(again->reply.has_value());
  CHECK(again->reply->sections.front().section == left);
}

SCENARIO("a search that finds nothing costs no allowance") {
  hold(1, 1, {seats(left, {0, 1, 2, 3})});
  hold(2, 2, {seats(right, {0, 1, 2, 3})});
  CHECK(best(3, 3, 2)->refused_as(rejection::sold_out));
  CHECK(best(4, 3, 4, "Standing")->reply.has_value());
}

SCENARIO("a search whose section does not say whether it holds the places is undone there") {
  put_up_doors();
  doors[0]->loses_holds = true;
  doors[0]->loses_releases = true;
  CHECK(best(1, 1, 2)->refused_as(rejection::outcome_unknown));
  CHECK_EQ(status(left), "HH..");
  CHECK(best(1, 1, 2)->refused_as(rejection::in_progress));
  CHECK(hold(2, 1, {seats(right, {0, 1, 2})})->refused_as(rejection::limit_exceeded));
  doors[0]->loses_holds = false;
  doors[0]->loses_releases = false;
  pass(5s, 50ms);
  CHECK_EQ(status(left), "....");
  CHECK(hold(3, 1, {seats(right, {0, 1, 2, 3})})->reply.has_value());
  CHECK(best(4, 1, 1)->refused_as(rejection::limit_exceeded));
}

SCENARIO("a hold over sections of which one does not say whether it holds its part is undone everywhere") {
  put_up_doors();
  doors[1]->loses_holds = true;
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::outcome_unknown));
  CHECK_EQ(status(left) + status(right), "........");
  doors[1]->loses_holds = false;
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->reply.has_value());
  CHECK(hold(2, 1, {seats(left, {1, 2})})->reply.has_value());
  CHECK(hold(3, 1, {seats(left, {3})})->refused_as(rejection::limit_exceeded));
}

SCENARIO("a section that stays silent about a hold that is undone is asked until the hold has run out") {
  put_up_doors();
  doors[1]->loses_holds = true;
  doors[1]->loses_releases = true;
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::outcome_unknown));
  pass(290s, 1s);
  CHECK_EQ(status(left) + status(right), "....H...");
  CHECK(hold(1, 1, {seats(left, {0}), seats(right, {0})})->refused_as(rejection::in_progress));
  pass(20s, 1s);
  CHECK_EQ(status(left) + status(right), "........");
  CHECK(hold(2, 1, {seats(left, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("the best places are of the category that was named") {
  auto standing = best(1, 1, 1, "Standing");
  REQUIRE(standing->reply.has_value());
  CHECK(standing->reply->sections.front().section == floor);
  auto here = wish(2, 2, {{left, domain::best_wish{.quantity = 2}}});
  here.category = "Standing";
  CHECK(asked<messages::hold_granted>(here)->refused_as(rejection::sold_out));
  here.category = "Seat";
  CHECK(asked<messages::hold_granted>(here)->reply.has_value());
  CHECK(best(3, 3, 1, "Box")->refused_as(rejection::not_found));
  CHECK(best(4, 4, 1, "")->reply.has_value());
}

SCENARIO("a key is for one wish: it holds nothing in another section, also after a restart") {
  REQUIRE(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  CHECK(hold(1, 1, {seats(right, {0, 1})})->refused_as(rejection::idempotency_mismatch));
  auto other = wish(1, 1, {seats(left, {2, 3})});
  other.wish_digest = 99;
  CHECK(asked<messages::hold_granted>(other)->refused_as(rejection::idempotency_mismatch));
  CHECK(hold(1, 2, {seats(left, {0, 1})})->refused_as(rejection::not_found));
  restart();
  CHECK(hold(1, 1, {seats(right, {0, 1})})->refused_as(rejection::idempotency_mismatch));
  CHECK(hold(1, 1, {seats(left, {0, 1})})->reply.has_value());
  CHECK_EQ(status(left) + status(right), "HH......");
  REQUIRE(release(1, 1, {left})->reply.has_value());
  CHECK(hold(2, 1, {seats(right, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("a refusal gives nothing back for a wish that was handed on again since") {
  REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value()); // the first attempt
  REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value()); // the second
  self->send(event, messages::allowance_back{left, hold_of(1), messages::attempt{event_epoch, 1}});
  settle();
  CHECK(hold(2, 1, {seats(right, {0, 1, 2, 3})})->refused_as(rejection::limit_exceeded));
  self->send(event, messages::allowance_back{left, hold_of(1), messages::attempt{event_epoch, 2}});
  settle();
  CHECK(hold(3, 1, {seats(right, {0, 1, 2, 3})})->reply.has_value());
}

SCENARIO("what cannot be a wish is refused") {
  CHECK(hold(1, 1, {})->refused_as(rejection::bad_request));
  CHECK(hold(2, 1, {seats(left, {})})->refused_as(rejection::bad_request));
  CHECK(hold(3, 1, {seats(left, {0}), seats(left, {1})})->refused_as(rejection::not_found));
  CHECK(hold(4, 1, {seats(domain::section_no{9}, {0})})->refused_as(rejection::not_found));
  CHECK(best(5, 1, 0)->refused_as(rejection::bad_request));
}

SCENARIO("a paused or closed event holds nothing") {
  change_state(event_state::paused);
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::sale_paused));
  change_state(event_state::open);
  CHECK(hold(2, 1, {seats(left, {0})})->reply.has_value());
  change_state(event_state::closed);
  CHECK(hold(3, 2, {seats(left, {1})})->refused_as(rejection::sale_not_open));
}

SCENARIO("whoever asks again for what they hold is told so, even while nothing is held anew") {
  auto first = hold(1, 1, {seats(left, {0, 1})});
  auto spread = hold(2, 2, {seats(left, {2}), seats(right, {3})});
  auto found = best(3, 3, 2);
  CHECK(hold(4, 4, {seats(right, {2})})->reply.has_value());
  CHECK(release(4, 4, {right})->reply.has_value());
  for (auto state : {event_state::paused, event_state::closed}) {
    change_state(state);
    auto why = state == event_state::paused ? rejection::sale_paused : rejection::sale_not_open;
    CHECK(hold(1, 1, {seats(left, {0, 1})})->reply->until == first->reply->until);
    CHECK_EQ(hold(2, 2, {seats(left, {2}), seats(right, {3})})->reply->sections.size(), spread->reply->sections.size());
    CHECK(best(3, 3, 2)->reply->sections.front().section == found->reply->sections.front().section);
    CHECK(hold(1, 1, {seats(right, {2})})->refused_as(rejection::idempotency_mismatch));
    CHECK(hold(4, 4, {seats(right, {2})})->refused_as(why));
    CHECK(hold(5, 5, {seats(right, {2})})->refused_as(why));
  }
}

SCENARIO("whose pass is over is told again what they hold, and holds nothing new") {
  auto without_pass = [this](std::uint64_t number, std::uint64_t who, std::uint32_t seat) {
    auto again = wish(number, who, {seats(left, {seat})});
    again.admitted = false;
    return asked<messages::hold_granted>(again);
  };
  auto first = hold(1, 1, {seats(left, {0})});
  CHECK(without_pass(1, 1, 0)->reply->until == first->reply->until);
  CHECK(without_pass(1, 2, 0)->refused);
  CHECK(without_pass(2, 1, 1)->refused_as(rejection::not_admitted));
  restart();
  CHECK(without_pass(1, 1, 0)->reply->until == first->reply->until);
  CHECK(without_pass(2, 1, 1)->refused_as(rejection::not_admitted));
}

SCENARIO("the waiting room hears when nothing is left, and when something is again") {
  change([](messages::change_event& wish) { wish.max_shopping = 1; });
  auto state_of_place = [this](std::uint64_t who) {
    auto place = ask<domain::queue_place>(room, messages::join_queue{{}, id, buyer(who), {}, false}, gateway());
    pass(50ms);
    return place->reply->state;
  };
  state_of_place(1);
  CHECK(state_of_place(1) == domain::queue_state::admitted);
  CHECK(state_of_place(2) == domain::queue_state::waiting);
  auto block_all = [this](bool block) {
    messages::block_seats all{{}, id, {}, block};
    all.parts = {{left, {domain::seat_no{0}, domain::seat_no{1}, domain::seat_no{2}, domain::seat_no{3}}, 0},
                 {right, {domain::seat_no{0}, domain::seat_no{1}, domain::seat_no{2}, domain::seat_no{3}}, 0},
                 {floor, {}, 10}};
    CHECK(asked<messages::event_view>(all)->reply.has_value());
    pass(250ms);
  };
  block_all(true);
  CHECK(view().state == event_state::sold_out);
  CHECK(state_of_place(2) == domain::queue_state::sold_out);
  CHECK(state_of_place(1) == domain::queue_state::admitted);
  block_all(false);
  CHECK(view().state == event_state::open);
  CHECK(state_of_place(2) == domain::queue_state::waiting);
}

SCENARIO("settings change at once while selling") {
  change([](messages::change_event& wish) {
    wish.max_seats_per_buyer = 1;
    wish.hold_ttl = domain::seconds{60};
    wish.prices = {{"Seat", 7'000}};
  });
  auto granted = hold(1, 1, {seats(left, {0})});
  REQUIRE(granted->reply.has_value());
  CHECK(granted->reply->until == now() + 60s);
  CHECK_EQ(granted->reply->sections.front().seats.front().price, 7'000);
  CHECK(hold(2, 1, {seats(left, {1})})->refused_as(rejection::limit_exceeded));
  CHECK(change_price("Box", 1)->refused_as(rejection::bad_request));
  restart();
  CHECK(view().settings.hold_ttl == domain::seconds{60});
}

SCENARIO("nobody hears of settings that are decided and never written") {
  books->set(store_fault::unavailable);
  CHECK(change([](messages::change_event& wish) {
          wish.max_seats_per_buyer = 1;
        })->refused_as(rejection::store_unavailable));
  CHECK_EQ(view().settings.max_seats_per_buyer, 4u);
  pass(1s, 50ms);
  books->set(store_fault::none);
  pass(5s, 50ms);
  CHECK_EQ(view().settings.max_seats_per_buyer, 4u);
  change([](messages::change_event& wish) { wish.max_seats_per_buyer = 1; });
  CHECK_EQ(view().settings.max_seats_per_buyer, 1u);
  restart();
  CHECK_EQ(view().settings.max_seats_per_buyer, 1u);
}

SCENARIO("a higher limit counts when it is durable") {
  messages::change_event raise;
  raise.max_seats_per_buyer = 5;
  const messages::section_wish five_places{floor, domain::quantity_wish{5}};
  auto five = wish(1, 1, {five_places});
  auto raised = ask<messages::event_view>(event, raise);
  auto at_once = ask<messages::hold_granted>(event, five); // comes before the journal has been asked
  settle();
  REQUIRE(raised->reply.has_value());
  CHECK(at_once->refused_as(rejection::limit_exceeded));
  CHECK(hold(2, 1, {five_places})->reply.has_value());
}

SCENARIO("a category without a price is passed over until it has one") {
  auto unpriced = [this](const std::string& category) {
    return change([=](messages::change_event& wish) { wish.prices = {{category, std::nullopt}}; });
  };
  REQUIRE(unpriced("Seat")->reply.has_value());
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::not_for_sale));
  CHECK(best(2, 1, 1, "Seat")->refused_as(rejection::not_for_sale));
  CHECK(best(3, 1, 2, "")->reply->sections.front().section == floor);
  REQUIRE(unpriced("Standing")->reply.has_value());
  CHECK(best(4, 2, 1, "")->refused_as(rejection::sold_out));
  restart();
  CHECK(!view().settings.prices[0].has_value());
  REQUIRE(change_price("Seat", 0)->reply.has_value());
  auto gift = best(5, 2, 2, "");
  REQUIRE(gift->reply.has_value());
  CHECK_EQ(gift->reply->sections.front().seats.front().price, 0);
  // Who holds what has no price any more is told so again.
  REQUIRE(unpriced("Seat")->reply.has_value());
  CHECK(best(5, 2, 2, "")->reply.has_value());
}

SCENARIO("seats that are blocked are out of the sale until they are put back") {
  messages::block_seats block{{}, id, {{left, {domain::seat_no{0}}, 0}, {floor, {}, 4}}, true};
  auto blocked = asked<messages::event_view>(block);
  REQUIRE(blocked->reply.has_value());
  CHECK_EQ(blocked->reply->sections[0].blocked + blocked->reply->sections[2].blocked, 5u);
  CHECK(hold(1, 1, {seats(left, {0})})->refused_as(rejection::seat_taken));
  block.block = false;
  CHECK_EQ(asked<messages::event_view>(block)->reply->sections[2].blocked, 0u);
  CHECK(hold(2, 1, {seats(left, {0})})->reply.has_value());
}

SCENARIO("an event opens and closes at the times that were set") {
  auto settings = view().settings;
  settings.closes_at = now() + 100s;
  define(settings);
  pass(99s, 1s);
  CHECK(view().state == event_state::open);
  pass(2s, 100ms);
  CHECK(view().state == event_state::closed);
}

END_FIXTURE_SCOPE()
