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
    THEN("who waits goes on waiting, losers still lose, nothing new is begun, and the shown seats are the durable "
         "ones") {
      CHECK(unlucky->pending());
      CHECK(hold(3, {1})->refused_as(rejection::seat_taken));
      CHECK(hold(3, {3})->refused_as(rejection::store_unavailable));
      CHECK(release(1)->refused_as(rejection::store_unavailable));
      CHECK_EQ(view().status, ".H........");
      CHECK((allowances_back() == std::vector{hold_of(3), hold_of(3)}));
    }
    WHEN("the store is back") {
      auto again = hold(1, {1});
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the seats of the failed hold are free, and the durable hold is still there") {
        CHECK(unlucky->refused_as(rejection::store_unavailable));
        CHECK(again->reply.has_value());
        CHECK((allowances_back() == std::vector{hold_of(3), hold_of(3), hold_of(2)}));
        CHECK_EQ(view().status, ".H........");
        CHECK_EQ(view().epoch.value(), 2u);
        REQUIRE(event_heard->opened.size() == 2u); // its event asks anew what it holds
        CHECK_EQ(event_heard->opened[1].epoch.value(), 2u);
        CHECK(hold(4, {2})->reply.has_value());
        CHECK(hold(1, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("a hold whose answer was lost is granted when the journal says that it was written") {
  GIVEN("a store that writes a hold and loses the answer, and a buyer who asks twice") {
    start(working_journal());
    books->set(store_fault::lost_answer);
    auto first = hold(1, {1});
    auto again = hold(1, {1});
    CHECK(first->pending());
    CHECK(again->pending());
    CHECK_EQ(books->facts(shard()).size(), 1u);
    WHEN("the store answers again") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("both are told of the one hold, and it counts") {
        REQUIRE(first->reply.has_value());
        REQUIRE(again->reply.has_value());
        CHECK(first->reply->hold == again->reply->hold);
        CHECK_EQ(view().status, ".H........");
        CHECK_EQ(books->facts(shard()).size(), 1u);
        CHECK(event_heard->allowances.empty());
      }
    }
  }
}

SCENARIO("a release whose answer was lost succeeds when the journal says that it was written") {
  GIVEN("a hold whose release is written by a store that loses the answer") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::lost_answer);
    auto released = release(1);
    CHECK(released->pending());
    CHECK(event_heard->allowances.empty());
    WHEN("the store answers again") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("its buyer hears so, the event has the allowance back, and releasing again succeeds") {
        CHECK(released->reply.has_value());
        CHECK(allowances_back() == std::vector{hold_of(1)});
        CHECK(release(1)->reply.has_value());
      }
    }
  }
}

SCENARIO("a release that was not written has not happened") {
  GIVEN("a hold, and a store that goes away when it is released") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::unavailable);
    auto released = release(1);
    WHEN("the store is back") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the hold goes on, as its buyer hears") {
        CHECK(released->refused_as(rejection::store_unavailable));
        CHECK_EQ(view().status, ".H........");
        CHECK(event_heard->allowances.empty());
      }
    }
  }
}

SCENARIO("a hold counts for its buyer until its end is durable, even if its repeat is refused before that") {
  GIVEN("a hold, and a store that goes away when it is released") {
    start(working_journal());
    hold(1, {1});
    books->set(store_fault::unavailable);
    auto released = release(1);
    WHEN("its buyer repeats the wish") {
      auto again = hold(1, {1});
      THEN("the event does not hear that it is over") {
        CHECK(again->refused_as(rejection::hold_expired));
        CHECK(event_heard->allowances.empty());
      }
      THEN("it goes on when the store is back and the end was not written") {
        books->set(store_fault::none);
        pass(2500ms);
        CHECK_EQ(view().status, ".H........");
        CHECK(event_heard->allowances.empty());
      }
    }
  }
  GIVEN("a hold whose end is on its way to the journal") {
    start_on_silent_journal();
    hold(2, {2});
    make_durable();
    event_heard->allowances.clear();
    release(2);
    WHEN("its buyer repeats the wish") {
      CHECK(hold(2, {2})->refused_as(rejection::hold_expired));
      THEN("the event hears of the end when it is durable") {
        CHECK(event_heard->allowances.empty());
        make_durable();
        CHECK_EQ(allowances_back().size(), 1u);
      }
    }
  }
}

SCENARIO("each attempt at a hold that turns out to be nowhere gives its own allowance back") {
  GIVEN("a hold that fails and is tried again while that is unknown") {
    start(working_journal());
    books->set(store_fault::unavailable);
    auto first = wish(1, domain::seats_wish{seats({1})});
    first.attempt = {{}, 7};
    auto unlucky = ask<messages::hold_granted>(section, first);
    settle();
    auto again = wish(1, domain::seats_wish{seats({1})});
    again.attempt = {{}, 8};
    auto unlucky_again = ask<messages::hold_granted>(section, again);
    settle();
    CHECK(event_heard->allowances.empty());
    WHEN("the store is back") {
      books->set(store_fault::none);
      pass(2500ms);
      THEN("the event hears of both, the latest last") {
        CHECK(unlucky->refused_as(rejection::store_unavailable));
        CHECK(unlucky_again->refused_as(rejection::store_unavailable));
        REQUIRE(event_heard->allowances.size() == 2u);
        CHECK_EQ(event_heard->allowances[0].attempt->number, 7u);
        CHECK_EQ(event_heard->allowances[1].attempt->number, 8u);
      }
    }
  }
}

SCENARIO("answers that are kept back are few") {
  GIVEN("a section that keeps at most three answers back, one of which is in doubt") {
    actors::section_limits limits;
    limits.journal.in_flight_max = 3;
    start(working_journal(), 0, limits);
    books->set(store_fault::unavailable);
    hold(1, {1});
    WHEN("its buyer asks four more times") {
      std::vector<shared_outcome<messages::hold_granted>> repeats;
      for (int i = 0; i < 4; ++i)
        repeats.push_back(hold(1, {1}));
      THEN("two of them wait, and the others are told to try again") {
        CHECK(repeats[0]->pending());
        CHECK(repeats[1]->pending());
        CHECK(repeats[2]->refused_as(rejection::store_unavailable));
        CHECK(repeats[3]->refused_as(rejection::store_unavailable));
      }
    }
  }
}

SCENARIO("seats that are being paid for are not freed as soon as service resumes") {
  GIVEN("a hold that is being paid for, and a store that is away until long after its extended time") {
    start(working_journal());
    hold(1, {1});
    hold(2, {2});
    CHECK(pay(1, 400s)->reply.has_value());
    books->set(store_fault::unavailable);
    hold(3, {3});
    pass(500s, 1s);
    WHEN("it is back") {
      books->set(store_fault::none);
      pass(5s);
      THEN("the ordinary hold has ended, and what is being paid for is nobody else's, and can be sold") {
        CHECK_EQ(view().status, ".H........");
        CHECK(hold(4, {1})->refused_as(rejection::seat_taken));
        pass(110s, 1s);
        CHECK(sell(1, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("seats that nobody goes on paying for are free a while after service resumes") {
  GIVEN("a hold that is being paid for, and a store that is away until long after its extended time") {
    start(working_journal());
    hold(1, {1});
    CHECK(pay(1, 400s)->reply.has_value());
    books->set(store_fault::unavailable);
    hold(3, {3});
    pass(500s, 1s);
    WHEN("it is back, and its checkout does not come") {
      books->set(store_fault::none);
      pass(115s, 1s);
      CHECK_EQ(view().totals.held, 1u);
      pass(10s, 1s);
      THEN("it has ended") {
        CHECK_EQ(view().totals.held, 0u);
      }
    }
  }
}

SCENARIO("seats that are being paid for are not freed as soon as their section is started again") {
  GIVEN("a hold that was being paid for when its node stopped, until long after its extended time") {
    start(working_journal());
    hold(1, {1});
    CHECK(pay(1, 400s)->reply.has_value());
    self->send_exit(section, caf::exit_reason::kill);
    pass(500s, 1s);
    WHEN("the section is started again") {
      start(working_journal());
      THEN("the seats are nobody else's, a checkout can go on, and after that the hold ends as it was said") {
        CHECK(hold(4, {1})->refused_as(rejection::seat_taken));
        CHECK(pay(1, 200s)->reply.has_value());
        pass(190s, 1s);
        CHECK_EQ(view().totals.held, 1u);
        pass(11s, 1s);
        CHECK_EQ(view().totals.held, 0u);
      }
    }
  }
}

SCENARIO("a section that has no terms yet holds nothing") {
  plan = small_plan();
  start(working_journal());
  self->send(section, messages::terms_changed{domain::section_terms{}});
  CHECK(hold(1, {1})->refused_as(rejection::moved));
  self->send(section, messages::terms_changed{domain::section_terms{{5'000, 3'000}, hold_ttl, false}});
  CHECK(hold(1, {1})->reply.has_value());
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
    (void)memory_store{books}.claim(shard(), "another node", {});
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
