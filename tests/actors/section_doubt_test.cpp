#define CAF_SUITE actors.section_doubt

#include "tests/actors/section_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(section_fixture)

SCENARIO("while the store is away nothing is promised and nothing is lost") {
  GIVEN("a section with one durable hold, and a store that goes away") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::unavailable);
    auto unlucky = hold(2, {2});
    THEN("who waits is told so, losers still lose, and the shown seats are the durable ones") {
      CHECK(unlucky->refused_as(rejection::store_unavailable));
      CHECK(hold(3, {1})->refused_as(rejection::seat_taken));
      CHECK(hold(3, {3})->refused_as(rejection::store_unavailable));
      CHECK(release(1)->refused_as(rejection::store_unavailable));
      CHECK(hold(1, {1})->refused_as(rejection::store_unavailable));
      CHECK_EQ(view().status, ".H........");
      CHECK((allowances_back() == std::vector{hold_of(2), hold_of(3), hold_of(3)}));
    }
    WHEN("the store is back") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the seats of the failed hold are free, and the durable hold is still there") {
        CHECK_EQ(view().status, ".H........");
        CHECK_EQ(view().epoch.value(), 2u);
        CHECK(hold(4, {2})->reply.has_value());
        CHECK(hold(1, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("a hold that was written although its buyer was told otherwise is ended") {
  GIVEN("a store that writes a hold and loses the answer") {
    start(working_journal());
    books->set(store_fault::lost_answer);
    auto first = wish(1, domain::seats_wish{seats({1})});
    first.attempt = 7;
    auto unlucky = ask<messages::hold_granted>(section, first);
    settle();
    CHECK(unlucky->refused_as(rejection::store_unavailable));
    CHECK_EQ(books->facts(shard()).size(), 1u);
    WHEN("the store answers again") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the journal says that nobody was promised the seat, and the same wish can be repeated") {
        auto facts = books->facts(shard());
        REQUIRE(facts.size() == 2u);
        CHECK((facts[1] == domain::fact{domain::hold_ended{hold_of(1), domain::hold_end::unacknowledged}}));
        CHECK(hold(1, {1})->reply.has_value());
      }
      THEN("what it gives back is of its own attempt, since its buyer may be asking once more") {
        REQUIRE(event_heard->allowances.size() == 2u);
        CHECK_EQ(event_heard->allowances[1].attempt, 7u);
      }
    }
  }
}

SCENARIO("a hold that nobody was promised ends, even if the first attempt to end it fails") {
  GIVEN("a hold whose answer was lost, and a store that then takes no facts for a while") {
    start(working_journal());
    books->set(store_fault::lost_answer);
    hold(1, {1});
    books->set(store_fault::full);
    pass(2500ms);
    CHECK_EQ(books->facts(shard()).size(), 1u);
    WHEN("it takes facts again") {
      books->set(store_fault::none);
      pass(5s);
      THEN("the seat is free") {
        CHECK_EQ(view().status, "..........");
        auto facts = books->facts(shard());
        REQUIRE(facts.size() == 2u);
        CHECK((facts[1] == domain::fact{domain::hold_ended{hold_of(1), domain::hold_end::unacknowledged}}));
        CHECK(hold(2, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("a hold that is repeated while the store is away does not count when it turns out to be nowhere") {
  GIVEN("a hold that fails and is tried again, in vain") {
    start(working_journal());
    books->set(store_fault::unavailable);
    hold(1, {1});
    auto again = wish(1, domain::seats_wish{seats({1})});
    again.attempt = 2;
    auto refused = ask<messages::hold_granted>(section, again);
    settle();
    CHECK(refused->refused_as(rejection::store_unavailable));
    CHECK_EQ(event_heard->allowances.size(), 1u);
    WHEN("the store is back") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the event has the allowance back, unless it was tried once more") {
        REQUIRE(event_heard->allowances.size() == 2u);
        CHECK(event_heard->allowances[1].hold == hold_of(1));
        CHECK_EQ(event_heard->allowances[1].attempt, 2u);
      }
    }
  }
}

SCENARIO("a hold that is granted anew counts, although the end of the one before becomes durable after that") {
  GIVEN("a hold that was written without the section's knowing, and whose end is on its way to the journal") {
    start_on_silent_journal();
    hold(1, {1});
    write(journal_heard->appended.back());
    self->send(journal_heard->writing_shard, messages::append_failed{domain::epoch{1}, domain::fact_seq{1}});
    settle();
    REQUIRE(journal_heard->appended.size() == 2u);
    const auto& end = journal_heard->appended.back().facts;
    CHECK((end == std::vector{domain::fact{domain::hold_ended{hold_of(1), domain::hold_end::unacknowledged}}}));
    CHECK_EQ(event_heard->allowances.size(), 1u);
    WHEN("its buyer asks once more, and all of that is written") {
      auto again = wish(1, domain::seats_wish{seats({1})});
      again.attempt = 2;
      auto granted = ask<messages::hold_granted>(section, again);
      settle();
      make_durable();
      THEN("it is held, and its allowance is not given back") {
        CHECK(granted->reply.has_value());
        CHECK_EQ(event_heard->allowances.size(), 1u);
      }
    }
  }
}

SCENARIO("the allowance that a failed hold gives back is that of its own attempt") {
  start_on_silent_journal();
  auto first = wish(1, domain::seats_wish{seats({1})});
  first.attempt = 7;
  ask<messages::hold_granted>(section, first);
  settle();
  self->send(journal_heard->writing_shard, messages::append_failed{domain::epoch{1}, domain::fact_seq{1}});
  settle();
  REQUIRE(event_heard->allowances.size() == 1u);
  CHECK_EQ(event_heard->allowances[0].attempt, 7u);
}

SCENARIO("a hold that runs out while the store is away ends when it is back") {
  GIVEN("a hold, and a store that is away when its time is over") {
    start(working_journal());
    self->send(section, messages::subscribe{}, gateway);
    hold(1, {1});
    pass(299s, 1s);
    books->set(store_fault::unavailable);
    pass(60s, 1s);
    CHECK(gateway_heard->expired.empty());
    CHECK_EQ(view().totals.held, 1u);
    WHEN("it is back") {
      books->set(store_fault::none);
      pass(5s);
      THEN("the hold has ended, and everybody hears of it once") {
        CHECK_EQ(view().totals.held, 0u);
        CHECK_EQ(gateway_heard->expired.size(), 1u);
        CHECK(allowances_back() == std::vector{hold_of(1)});
      }
    }
  }
}

SCENARIO("an end that was written without the section's knowing is told after all") {
  GIVEN("a hold whose release is written by a store that loses the answer") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::lost_answer);
    CHECK(release(1)->refused_as(rejection::store_unavailable));
    CHECK(event_heard->allowances.empty());
    WHEN("the store answers again") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the event has the allowance back, and releasing again succeeds") {
        CHECK(allowances_back() == std::vector{hold_of(1)});
        CHECK(release(1)->reply.has_value());
      }
    }
  }
}

SCENARIO("a repeat that fails does not end the hold it repeats") {
  GIVEN("an acknowledged hold, and another whose writing fails while the first is repeated") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::lost_answer);
    auto unlucky = ask<messages::hold_granted>(section, wish(2, domain::seats_wish{seats({2})}));
    auto again = ask<messages::hold_granted>(section, wish(1, domain::seats_wish{seats({1})}));
    settle();
    CHECK(unlucky->refused_as(rejection::store_unavailable));
    CHECK(again->refused_as(rejection::store_unavailable));
    WHEN("the store answers again") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the first hold is there and the second is not") {
        CHECK_EQ(view().status, ".H........");
        CHECK(hold(1, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("a section that somebody else has taken over acknowledges nothing more") {
  GIVEN("a section whose shard another node claims") {
    start(working_journal());
    hold(1, {1});
    auto history = memory_store{books}.claim(shard(), "another node", {});
    CHECK_EQ(history->facts.size(), 1u);
    WHEN("a buyer asks the old owner") {
      auto late = hold(2, {2});
      THEN("they hear no promise, nothing is written, and the keeper knows why") {
        CHECK(late->refused_as(rejection::store_unavailable));
        CHECK_EQ(books->facts(shard()).size(), 1u);
        REQUIRE(keeper_heard->stopped.size() == 1u);
        CHECK(keeper_heard->stopped[0].why == messages::append_failure::fenced);
        pass(10s);
        CHECK(hold(3, {3})->refused_as(rejection::store_unavailable));
        CHECK(hold(1, {1})->refused_as(rejection::store_unavailable));
      }
    }
  }
}

SCENARIO("a section that was taken over while the store was away stops when it hears of it") {
  GIVEN("a section in doubt whose shard another node claims") {
    start(working_journal());
    books->set(store_fault::unavailable);
    hold(1, {1});
    books->set(store_fault::none);
    memory_store{books}.claim(shard(), "another node", {});
    pass(5s);
    THEN("it stops") {
      REQUIRE(keeper_heard->stopped.size() == 1u);
      CHECK(keeper_heard->stopped[0].why == messages::append_failure::fenced);
    }
  }
}

SCENARIO("a section that the table of sold seats contradicts stops and says so") {
  GIVEN("a seat that the table has as sold, unknown to the section") {
    start(working_journal());
    hold(1, {1});
    books->forge_sale(event, {domain::section_no{0}, domain::seat_no{1}, 1, true, order_of(7), buyer(7), 5'000});
    WHEN("it sells the seat") {
      auto sale = sell(1, {1});
      THEN("nobody is told that it is theirs") {
        CHECK(sale->refused_as(rejection::store_unavailable));
        REQUIRE(keeper_heard->stopped.size() == 1u);
        CHECK(keeper_heard->stopped[0].why == messages::append_failure::disagreed);
      }
    }
  }
}

END_FIXTURE_SCOPE()
