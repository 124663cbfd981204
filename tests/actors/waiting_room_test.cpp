#define CAF_SUITE actors.waiting_room

#include "actors/entrance_numbers.hpp"
#include "tests/actors/room_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <functional>
#include <set>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::queue_state;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(room_fixture)

SCENARIO("a number is given when it is durable that it may be given") {
  GIVEN("a room that is about to write its first block of numbers") {
    start({10, 0, event_state::paused});
    CHECK(books->facts(shard()).empty());
    WHEN("two people join") {
      auto first = join(1);
      auto second = join(2);
      auto again = join(1);
      THEN("they get the next numbers in order, the same one again, and the block is in the journal") {
        REQUIRE(first->reply && second->reply && again->reply);
        CHECK_EQ(second->reply->number.value(), first->reply->number.value() + 1);
        CHECK(again->reply->number == first->reply->number);
        CHECK_EQ(second->reply->ahead, 1u);
        CHECK_EQ(books->facts(shard()).size(), 1u);
      }
    }
  }
}

SCENARIO("the next block is asked for before the last one is used up") {
  GIVEN("a room with blocks of ten numbers") {
    start({10, 0, event_state::paused}, {.journal = {}, .number_block = 10});
    join_many(0, 4);
    CHECK_EQ(books->facts(shard()).size(), 1u);
    join_many(4, 6);
    CHECK_EQ(books->facts(shard()).size(), 2u);
    WHEN("the store goes away") {
      books->set(store_fault::unavailable);
      join_many(6, 20);
      THEN("numbers that are durable are given out, and then joining has to wait for the store") {
        CHECK(place(19)->reply.has_value());
        CHECK(join(20)->refused_as(rejection::store_unavailable));
      }
      THEN("nobody has lost anything when it is back") {
        books->set(store_fault::none);
        pass(3s);
        auto later = join(21);
        REQUIRE(later->reply);
        CHECK_EQ(later->reply->ahead, 20u);
        CHECK(place(3)->reply.has_value());
      }
    }
  }
}

SCENARIO("a restarted room skips numbers and gives none out twice") {
  GIVEN("a room with three people") {
    start({10, 0, event_state::paused});
    auto third = domain::queue_number{};
    for (int i = 0; i < 3; ++i)
      third = join(i)->reply->number;
    WHEN("another owner starts it, and the third comes back with their number") {
      start({10, 0, event_state::paused});
      auto back = join(2, true, third);
      auto fresh = join(7);
      auto forged = join(8, true, domain::queue_number{1'000'000});
      THEN("they have their place, newcomers are behind, and invented numbers are not known") {
        REQUIRE(back->reply && fresh->reply);
        CHECK(back->reply->number == third);
        CHECK(!back->reply->is_new);
        CHECK(fresh->reply->is_new);
        CHECK(!join(7)->reply->is_new);
        CHECK_GT(fresh->reply->number.value(), 10'000u);
        CHECK(forged->refused_as(rejection::not_found));
      }
    }
  }
}

SCENARIO("a restart gives nobody more time inside, and nobody a second turn") {
  GIVEN("a room that has let in one person a pass's time ago and another just now") {
    actors::waiting_room_limits limits{.journal = {}, .pass_ttl = domain::seconds{60}};
    start(open_at(10), limits);
    auto first = join(1)->reply->number;
    pass(61s, 1s);
    auto second = join(2)->reply->number;
    pass(2s, 100ms);
    CHECK_EQ(admitted().size(), 2u);
    auto until = gateway_heard->admitted.back().until;
    CHECK(place(2)->reply->pass_until == until);
    WHEN("two other owners start it, one after the other, and both come back with their numbers each time") {
      for (int restart = 1; restart <= 2; ++restart) {
        start(open_at(10), limits);
        auto long_ago = join(1, true, first);
        auto lately = restart == 1 ? join(2, true, second) : place(2, second);
        CHECK(long_ago->refused_as(rejection::not_found));
        REQUIRE(lately->reply.has_value());
        CHECK(lately->reply->number == second);
        CHECK(lately->reply->state == queue_state::admitted);
        CHECK(lately->reply->pass_until == until);
        CHECK_EQ(count().shopping, 1u);
        pass(10s, 1s);
      }
      THEN("their time ends when it would have ended") {
        pass(std::chrono::ceil<std::chrono::milliseconds>(until - now()) - 1ms, 1s);
        CHECK(place(2)->reply->state == queue_state::admitted);
        pass(10ms);
        CHECK(place(2)->reply->state == queue_state::expired);
        CHECK_EQ(admitted().size(), 2u);
      }
    }
  }
}

SCENARIO("rooms that follow one another keep the rate together") {
  GIVEN("five people, one of whom may go in each second") {
    start(open_at(1));
    std::vector<domain::queue_number> numbers;
    for (int who = 0; who < 5; ++who)
      numbers.push_back(join(who)->reply->number);
    WHEN("other owners start the room again and again, and those who wait are back at once") {
      std::vector<domain::instant> went_in;
      auto watch = [&](std::chrono::milliseconds time) {
        for (auto gone = 0ms; gone < time; gone += 10ms) {
          pass(10ms);
          while (went_in.size() < admitted().size())
            went_in.push_back(now());
        }
      };
      for (auto until_restart : {50ms, 980ms, 1'020ms, 300ms}) {
        watch(until_restart);
        start(open_at(1));
        for (int who = 0; who < 5; ++who)
          join(who, true, numbers[static_cast<std::size_t>(who)]);
      }
      watch(6s);
      THEN("everybody goes in once, and never two within a second") {
        CHECK_EQ(went_in.size(), 5u);
        CHECK((admitted() == std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
        for (std::size_t i = 1; i < went_in.size(); ++i)
          CHECK(went_in[i] - went_in[i - 1] >= 1s);
      }
    }
  }
}

SCENARIO("nobody hears that they may go in before it is durable") {
  for (auto fault : {store_fault::unavailable, store_fault::lost_answer, store_fault::lost_claim}) {
    GIVEN("people before a room that opens while the store fails") {
      *gateway_heard = {};
      books->set(store_fault::none);
      start({10, 0, event_state::paused});
      auto first = join(1)->reply->number;
      join(2);
      books->set(fault);
      change(open_at(10));
      pass(500ms);
      CHECK(admitted().empty());
      CHECK(place(1)->reply->state == queue_state::waiting);
      CHECK_EQ(place(1)->reply->ahead, 0u);
      WHEN("the store is well again") {
        books->set(store_fault::none);
        pass(5s);
        THEN("they hear it, once") {
          CHECK((admitted() == std::vector<std::uint64_t>{first.value(), first.value() + 1}));
          CHECK(place(1)->reply->state == queue_state::admitted);
        }
      }
    }
  }
}

SCENARIO("who leaves while it is written that they go in does not go in") {
  GIVEN("somebody whose turn the store takes, without saying so") {
    start({10, 0, event_state::paused});
    join(1);
    books->set(store_fault::lost_answer);
    change(open_at(10));
    pass(50ms);
    WHEN("they leave, and the store is well again") {
      ask<done>(room, messages::leave_queue{{}, event, buyer(1)});
      books->set(store_fault::none);
      pass(5s);
      THEN("nobody goes in") {
        CHECK(admitted().empty());
        CHECK_EQ(gateway_heard->given_up.size(), 1u);
        CHECK_EQ(count().shopping, 0u);
      }
    }
  }
}

SCENARIO("who is inside and leaves makes room, and their pass is void") {
  GIVEN("three people, one of whom may shop at once") {
    start(open_at(100, 1), {.journal = {}, .pass_ttl = domain::seconds{60}});
    join_many(0, 3);
    pass(2s);
    CHECK_EQ(admitted().size(), 1u);
    WHEN("the first leaves, more than once") {
      ask<done>(room, messages::leave_queue{{}, event, buyer(0)});
      ask<done>(room, messages::leave_queue{{}, event, buyer(0)});
      pass(2s);
      THEN("one more goes in, and gateways hear whose pass is void, and until when it would have lasted") {
        CHECK_EQ(admitted().size(), 2u);
        REQUIRE_EQ(gateway_heard->given_up.size(), 1u);
        CHECK(gateway_heard->given_up[0].buyer == buyer(0));
        CHECK(gateway_heard->given_up[0].pass_until == gateway_heard->admitted[0].until);
      }
    }
  }
}

SCENARIO("whoever waits hears that the event is sold out, and goes in when a place comes back") {
  GIVEN("two people in line when the last place is sold") {
    start({10, 0, event_state::paused});
    join(1);
    join(2);
    pass(1s);
    gateway_heard->moved.clear();
    change({10, 0, event_state::sold_out, true});
    REQUIRE(!gateway_heard->moved.empty()); // at once
    CHECK(gateway_heard->moved.back().state == queue_state::sold_out);
    CHECK(gateway_heard->moved.back().few_left);
    CHECK(place(2)->reply->state == queue_state::sold_out);
    CHECK_EQ(place(2)->reply->ahead, 1u);
    CHECK(join(3)->reply->state == queue_state::sold_out);
    pass(2s);
    CHECK(admitted().empty());
    WHEN("a place comes back") {
      change({1, 0, event_state::open, true});
      pass(250ms);
      THEN("the first of them goes in, and the others are told that they wait") {
        CHECK((admitted() == std::vector<std::uint64_t>{1}));
        CHECK(place(2)->reply->state == queue_state::waiting);
        CHECK(gateway_heard->moved.back().state == queue_state::waiting);
      }
    }
  }
}

SCENARIO("nobody enters before the doors open") {
  GIVEN("people in a drawing, a scheduled and a paused room") {
    start({10, 0, event_state::draw});
    CHECK(join(1)->reply->state == queue_state::drawing);
    pass(2s);
    change({10, 0, event_state::scheduled});
    CHECK(place(1)->reply->state == queue_state::waiting);
    pass(2s);
    change({10, 0, event_state::paused});
    pass(2s);
    CHECK(admitted().empty());
    WHEN("the sale opens") {
      change(open_at(10));
      pass(1s);
      THEN("they are let in") {
        CHECK_EQ(admitted().size(), 1u);
        CHECK(place(1)->reply->state == queue_state::admitted);
      }
    }
  }
}

SCENARIO("a sale that closes says so to everybody") {
  GIVEN("somebody in a room whose doors are shut") {
    start({10, 0, event_state::scheduled});
    CHECK(join(1)->reply->state == queue_state::waiting);
    WHEN("it closes") {
      change({10, 0, event_state::closed});
      THEN("those who wait and those who come are told") {
        CHECK(place(1)->reply->state == queue_state::closed);
        CHECK(join(2)->reply->state == queue_state::closed);
        pass(1s);
        CHECK(gateway_heard->moved.back().state == queue_state::closed);
      }
    }
  }
}

SCENARIO("admission follows the numbers and is never above the rate in any second") {
  GIVEN("two hundred people and a rate of forty a second") {
    start(open_at(40));
    join_many(0, 200);
    std::vector<std::pair<domain::instant, std::size_t>> history;
    for (int i = 0; i < 400; ++i) {
      pass(10ms);
      history.emplace_back(now(), admitted().size());
    }
    THEN("no second sees more than forty, the order is kept, and the rate is used") {
      auto numbers = admitted();
      CHECK(std::is_sorted(numbers.begin(), numbers.end()));
      for (std::size_t i = 99; i < history.size(); ++i) {
        auto in_a_second = history[i].second - (i == 99 ? 0 : history[i - 99].second);
        CHECK_LE(in_a_second, 40u);
      }
      CHECK_GE(numbers.size(), 120u);
    }
    WHEN("the rate is lowered while people are let in") {
      auto before = admitted().size();
      change(open_at(1));
      pass(3s);
      THEN("it counts at once") {
        CHECK_LE(admitted().size() - before, 4u);
      }
    }
  }
}

SCENARIO("nobody is let in for long while nothing can be written down") {
  GIVEN("a room that lets in ten people a second, and a store that goes away") {
    start(open_at(10));
    join_many(0, 200);
    pass(2500ms, 100ms);
    books->set(store_fault::unavailable);
    pass(1500ms, 100ms);
    auto before = admitted().size();
    pass(5s, 100ms);
    CHECK_EQ(admitted().size(), before);
    WHEN("the store is back") {
      books->set(store_fault::none);
      pass(5s, 100ms);
      THEN("the next ones go in, nobody twice") {
        auto numbers = admitted();
        CHECK(numbers.size() > before + 20);
        CHECK(std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>{}) == numbers.end());
      }
    }
  }
}

SCENARIO("absent people are passed over and keep their right") {
  GIVEN("three people of whom the first has gone") {
    start({1, 0, event_state::paused});
    auto first = join(1)->reply->number;
    join(2);
    join(3);
    self->send(room, messages::people_left{event, {buyer(1)}}, gateway);
    change(open_at(1));
    pass(1500ms);
    auto others = admitted();
    CHECK(std::count(others.begin(), others.end(), first.value()) == 0);
    auto before = others.size();
    CHECK_GE(before, 1u);
    WHEN("they come back") {
      join(1);
      pass(1s);
      THEN("they are let in before everybody behind them") {
        auto numbers = admitted();
        REQUIRE(numbers.size() > before);
        CHECK_EQ(numbers[before], first.value());
        CHECK(place(1)->reply->state == queue_state::admitted);
      }
    }
  }
}

SCENARIO("who is connected to two gateways is there until both connections are gone") {
  GIVEN("four people in a paused room, each connected to the same two gateways") {
    start({10, 0, event_state::paused});
    auto other = listening_gateway(gateway_heard);
    for (int who = 1; who <= 4; ++who) {
      join(who);
      join(who, true, {}, other);
    }
    WHEN("one leaves one gateway, one the other and one both, and then the other gateway is gone") {
      self->send(room, messages::people_left{event, {buyer(1), buyer(3)}}, gateway);
      self->send(room, messages::people_left{event, {buyer(2), buyer(3)}}, other);
      settle();
      CHECK_EQ(count().present, 3u);
      caf::anon_send_exit(other, caf::exit_reason::kill);
      settle();
      THEN("those who are still connected to the first gateway are let in") {
        CHECK_EQ(count().present, 2u);
        change(open_at(10));
        pass(1s);
        CHECK((admitted() == std::vector<std::uint64_t>{2, 4}));
      }
    }
  }
}

SCENARIO("gateways share entrances when there are more of them than entrances") {
  actors::entrance_numbers entrances;
  std::vector<messages::gateway_actor> gateways;
  std::set<std::size_t> given;
  for (std::size_t i = 0; i < domain::waiting_room::entrances; ++i) {
    gateways.push_back(listening_gateway(gateway_heard));
    given.insert(entrances.of(gateways.back().address()).entrance);
  }
  CHECK_EQ(given.size(), domain::waiting_room::entrances);
  auto one_more = listening_gateway(gateway_heard).address();
  auto shared = entrances.of(one_more);
  CHECK(shared.is_new);
  CHECK(given.contains(shared.entrance));
  CHECK(!entrances.of(one_more).is_new);
  // An entrance is unused only when the last gateway there is gone.
  CHECK(!entrances.close(one_more));
  CHECK(!entrances.close(one_more));
  CHECK(entrances.close(gateways[shared.entrance].address()) == std::optional{shared.entrance});
  // The next gateway gets it.
  CHECK_EQ(entrances.of(one_more).entrance, shared.entrance);
}

SCENARIO("who asks by and by counts as there, and who stops asking does not") {
  GIVEN("a person without a connection in a paused room") {
    start({10, 0, event_state::paused}, {.journal = {}, .presence = domain::seconds{30}});
    join(1, false);
    pass(20s, 1s);
    place(1);
    pass(20s, 1s);
    CHECK_EQ(count().present, 1u);
    WHEN("they do not ask for longer") {
      pass(20s, 1s);
      change(open_at(10));
      pass(1s);
      THEN("nobody is let in until they ask again") {
        CHECK(admitted().empty());
        place(1);
        pass(1s);
        CHECK_EQ(admitted().size(), 1u);
      }
    }
  }
}

SCENARIO("a cap of shoppers holds until somebody is done or their pass runs out") {
  GIVEN("four people, two of whom may shop at once, for a minute") {
    start(open_at(100, 2), {.journal = {}, .pass_ttl = domain::seconds{60}});
    join_many(0, 4);
    pass(2s);
    CHECK_EQ(admitted().size(), 2u);
    WHEN("one has bought") {
      self->send(room, messages::shopping_ended{event, {buyer(0)}});
      pass(1s);
      THEN("one more comes in") {
        CHECK_EQ(admitted().size(), 3u);
      }
    }
    AND("the minute is over") {
      pass(60s, 1s);
      THEN("the last one comes in, too") {
        CHECK_EQ(admitted().size(), 4u);
        CHECK(place(1)->reply->state == queue_state::expired);
      }
    }
  }
}

SCENARIO("people who leave give up their place") {
  GIVEN("two people") {
    start({10, 0, event_state::paused});
    join(1);
    join(2);
    auto left = ask<done>(room, messages::leave_queue{{}, event, buyer(1)});
    settle();
    THEN("the other one moves up, and the place is gone") {
      CHECK(left->reply.has_value());
      CHECK_EQ(place(2)->reply->ahead, 0u);
      CHECK(place(1)->refused_as(rejection::not_found));
    }
    THEN("gateways hear of it, once") {
      ask<done>(room, messages::leave_queue{{}, event, buyer(1)});
      settle();
      REQUIRE_EQ(gateway_heard->given_up.size(), 1u);
      CHECK_EQ(gateway_heard->given_up[0].number.value(), 1u);
      CHECK(!gateway_heard->given_up[0].pass_until);
    }
  }
}

SCENARIO("gateways hear of movement four times a second at most") {
  GIVEN("a room into which people stream") {
    start(open_at(50));
    gateway_heard->moved.clear();
    for (int i = 0; i < 200; ++i) {
      join_many(i, i + 1);
      pass(10ms);
    }
    THEN("there were eight or nine words in two seconds, the last with the present line") {
      CHECK_GE(gateway_heard->moved.size(), 7u);
      CHECK_LE(gateway_heard->moved.size(), 9u);
      pass(250ms);
      CHECK_EQ(gateway_heard->moved.back().line.marks.back().number.value(), 201u);
      CHECK_EQ(gateway_heard->moved.back().pace.admission_per_s, 50u);
    }
  }
}

SCENARIO("a room that somebody else has taken over gives out no more numbers") {
  GIVEN("a room with few numbers left, and another owner") {
    start({10, 0, event_state::open}, {.journal = {}, .number_block = 4});
    join_many(0, 1);
    static_cast<void>(memory_store{books}.claim(shard(), "another node", {}));
    join_many(1, 8);
    THEN("it says that it has stopped, and lets nobody in any more") {
      CHECK_EQ(keeper_heard->stopped.size(), 1u);
      CHECK(join(20)->refused_as(rejection::store_unavailable));
      auto before = admitted().size();
      pass(2s);
      CHECK_EQ(admitted().size(), before);
    }
  }
}

SCENARIO("a snapshot knows every number that the facts under it reserve") {
  GIVEN("a room that keeps a snapshot as often as it can and needs new numbers all the time") {
    actors::waiting_room_limits limits;
    limits.number_block = 2;
    limits.journal.facts_per_snapshot = 1;
    start(open_at(10), limits);
    for (int person = 1; person <= 12; ++person) {
      join(person);
      auto kept = memory_store{books}.snapshot(shard());
      if (!kept)
        continue;
      std::uint64_t in_snapshot = 0, in_journal = 0;
      for (const auto& fact : kept->facts)
        if (const auto* numbers = std::get_if<domain::numbers_reserved>(&fact))
          in_snapshot = numbers->up_to.value();
      auto facts = books->facts(shard());
      facts.resize(kept->upto.value());
      for (const auto& fact : facts)
        if (const auto* numbers = std::get_if<domain::numbers_reserved>(&fact))
          in_journal = numbers->up_to.value();
      CHECK_EQ(in_snapshot, in_journal);
    }
    CHECK_GT(books->snapshots_kept(), 0u);
  }
}

SCENARIO("a room says that it has started") {
  start({});
  REQUIRE_EQ(event_heard->rooms_opened.size(), 1u);
  auto first = event_heard->rooms_opened.back().epoch;
  start({});
  REQUIRE_EQ(event_heard->rooms_opened.size(), 2u);
  CHECK(event_heard->rooms_opened.back().epoch > first);
}

SCENARIO("a room comes to rest whatever is being written, and answers everybody") {
  for (int steps = 0; steps < 16; ++steps) {
    GIVEN("a room with few numbers left, and people who join when it is about to stand down") {
      *gateway_heard = {};
      books->set(store_fault::none);
      start(open_at(1'000), {.journal = {}, .number_block = 4});
      std::vector<shared_outcome<domain::queue_place>> joins;
      auto first = steps * 100;
      for (int i = 0; i < 10; ++i)
        joins.push_back(
            ask<domain::queue_place>(room, messages::join_queue{{}, event, buyer(first + i), {}, true}, gateway));
      for (int i = 0; i < steps && sched.try_run_once(); ++i)
        if (i == steps / 2)
          advance_time(10ms);
      auto at_rest = ask<done>(room, messages::stand_down{});
      run_until(at_rest);
      CHECK(at_rest->reply.has_value());
      auto facts = books->facts(shard()).size();
      auto late = join(first + 50);
      WHEN("time goes by") {
        auto let_in = admitted().size();
        pass(2s, 100ms);
        THEN("nobody has to wait, nobody goes in, and nothing is written") {
          for (const auto& each : joins) {
            CHECK(!each->pending());
            CHECK((each->reply || each->refused_as(rejection::overloaded)));
          }
          CHECK(!late->pending());
          CHECK_EQ(books->facts(shard()).size(), facts);
          CHECK_EQ(admitted().size(), let_in);
        }
        THEN("all go in when it carries on after all") {
          carry_on();
          for (int i = 0; i < 10; ++i) {
            auto again = join(first + i);
            run_until(again);
            CHECK(again->reply.has_value());
          }
          pass(3s, 100ms);
          CHECK_EQ(admitted().size(), late->reply ? 11u : 10u);
        }
      }
    }
  }
}

SCENARIO("a room that has stood down for a while keeps the rate when it carries on") {
  GIVEN("a room that lets in five people a second and stands down") {
    start(open_at(5));
    join_many(0, 50);
    pass(1s);
    auto before = admitted().size();
    CHECK(stand_down()->reply.has_value());
    auto at_rest = admitted().size();
    pass(5s);
    CHECK_EQ(admitted().size(), at_rest);
    WHEN("it carries on") {
      carry_on();
      std::vector<domain::instant> went_in;
      for (auto gone = 0ms; gone < 3s; gone += 10ms) {
        pass(10ms);
        while (went_in.size() < admitted().size() - at_rest)
          went_in.push_back(now());
      }
      THEN("five people go in each second, and never more") {
        CHECK_GE(before, 4u);
        CHECK_GE(went_in.size(), 14u);
        for (std::size_t i = 5; i < went_in.size(); ++i)
          CHECK(went_in[i] - went_in[i - 5] >= 1s);
      }
    }
  }
}

SCENARIO("a room that stands down rests until it carries on, instead of looking for people to let in") {
  GIVEN("a room before which people wait") {
    start(open_at(5));
    join_many(0, 50);
    pass(1s);
    stand_down();
    WHEN("time goes by") {
      pass(1s);
      THEN("nothing wakes it") {
        auto messages = std::size_t{0};
        for (auto gone = 0ms; gone < 1s; gone += 10ms) {
          advance_time(10ms);
          while (sched.try_run_once())
            ++messages;
        }
        CHECK_LE(messages, 10u);
      }
    }
  }
}

SCENARIO("a room in doubt comes to rest when its turns are written") {
  for (auto fault : {store_fault::unavailable, store_fault::lost_answer}) {
    GIVEN("a room whose turns the store does not take, or does not say so") {
      *gateway_heard = {};
      start({10, 0, event_state::paused});
      auto who = fault == store_fault::unavailable ? 1 : 2;
      join(who);
      pass(2s, 100ms); // an earlier room let somebody in
      books->set(fault);
      change(open_at(10));
      pass(50ms);
      auto at_rest = stand_down();
      pass(1s);
      CHECK(at_rest->pending());
      WHEN("the store is well again") {
        books->set(store_fault::none);
        pass(5s);
        THEN("it is at rest, and who was chosen to go in has gone in") {
          CHECK(at_rest->reply.has_value());
          CHECK_EQ(admitted().size(), 1u);
          CHECK(place(who)->reply->state == queue_state::admitted);
        }
      }
    }
  }
}

SCENARIO("whoever waits for a room's rest hears that it carries on instead") {
  start({10, 0, event_state::paused});
  books->set(store_fault::unavailable);
  join(1);
  auto at_rest = stand_down();
  CHECK(at_rest->pending());
  carry_on();
  CHECK(at_rest->refused_as(rejection::overloaded));
  books->set(store_fault::none);
  pass(5s);
  CHECK(join(1)->reply.has_value());
}

END_FIXTURE_SCOPE()
