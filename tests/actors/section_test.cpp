#define CAF_SUITE actors.section

#include "tests/actors/section_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(section_fixture)

SCENARIO("a hold is answered when it is durable, and not before") {
  GIVEN("a section whose journal takes its time") {
    start_on_silent_journal();
    auto first = hold(1, {4, 5});
    CHECK(first->pending());
    WHEN("somebody else wants one of the seats meanwhile") {
      auto second = hold(2, {5});
      THEN("it is taken already, and nobody is shown so") {
        CHECK(second->refused_as(rejection::seat_taken));
        CHECK_EQ(second->refused->seats, seats({5}));
        CHECK_EQ(view().status, "..........");
        CHECK(first->pending());
      }
    }
    AND("the journal has written it") {
      make_durable();
      THEN("the buyer has the seats at their price until the time is over") {
        REQUIRE(first->reply);
        CHECK_EQ(first->reply->sections.at(0).seats.size(), 2u);
        CHECK_EQ(first->reply->sections.at(0).seats.at(0).price, 5'000);
        CHECK(first->reply->until == now() + hold_ttl);
        CHECK_EQ(view().status, "....HH....");
      }
    }
  }
}

SCENARIO("facts of one turn travel to the journal together") {
  GIVEN("two buyers who ask at the same time") {
    start_on_silent_journal();
    auto first = ask<messages::hold_granted>(section, wish(1, domain::seats_wish{seats({1})}));
    auto second = ask<messages::hold_granted>(section, wish(2, domain::seats_wish{seats({2})}));
    settle();
    THEN("they are one message") {
      REQUIRE_EQ(journal_heard->appended.size(), 1u);
      CHECK_EQ(journal_heard->appended[0].first.value(), 1u);
      CHECK_EQ(journal_heard->appended[0].facts.size(), 2u);
      make_durable();
      CHECK(first->reply && second->reply);
    }
  }
}

SCENARIO("repeating a hold repeats its answer") {
  GIVEN("a hold that is being written") {
    start_on_silent_journal();
    auto first = hold(1, {4});
    auto again = hold(1, {4});
    CHECK(again->pending());
    WHEN("it is durable") {
      make_durable();
      auto late = hold(1, {4});
      THEN("all three have the same answer, and one fact was written") {
        REQUIRE(first->reply && again->reply && late->reply);
        CHECK(first->reply->until == again->reply->until);
        CHECK(first->reply->until == late->reply->until);
        CHECK_EQ(journal_heard->appended.size(), 1u);
      }
    }
  }
}

SCENARIO("another wish under the same hold is a mismatch") {
  GIVEN("a hold that is being written") {
    start_on_silent_journal();
    auto first = hold(1, {4});
    WHEN("the same hold is asked for with another wish") {
      auto other = wish(1, domain::seats_wish{seats({5})});
      other.wish_digest = 2;
      auto mismatch = ask<messages::hold_granted>(section, other);
      settle();
      THEN("it is refused, and the first one keeps its allowance") {
        CHECK(mismatch->refused_as(rejection::idempotency_mismatch));
        CHECK(event_heard->allowances.empty());
        make_durable();
        CHECK(first->reply.has_value());
      }
    }
  }
}

SCENARIO("a refused wish gives its allowance back") {
  GIVEN("a seat that somebody holds") {
    start(working_journal());
    hold(1, {4});
    WHEN("two others want it, one of them as a part of a spread hold") {
      hold(2, {4});
      auto part = wish(3, domain::seats_wish{seats({4})});
      part.until = now() + hold_ttl;
      part.attempt = {{}, 7};
      ask<messages::hold_granted>(section, part);
      settle();
      THEN("the event hears of both, and which attempt it was") {
        REQUIRE(event_heard->allowances.size() == 2u);
        CHECK(event_heard->allowances[0].hold == hold_of(2));
        CHECK_EQ(event_heard->allowances[0].attempt->number, 0u);
        CHECK(event_heard->allowances[1].hold == hold_of(3));
        CHECK_EQ(event_heard->allowances[1].attempt->number, 7u);
      }
    }
  }
}

SCENARIO("a seat comes back when its hold runs out") {
  GIVEN("a held seat") {
    start(working_journal());
    self->send(section, messages::subscribe{}, gateway);
    hold(1, {4});
    pass(299s, 1s);
    CHECK_EQ(view().status, "....H.....");
    WHEN("its time is over") {
      pass(1s);
      THEN("the seat is free, and the event and the gateways know whose it was") {
        CHECK_EQ(view().status, "..........");
        CHECK(allowances_back() == std::vector{hold_of(1)});
        REQUIRE(gateway_heard->expired.size() == 1u);
        CHECK(gateway_heard->expired[0].buyer == buyer(1));
        CHECK(hold(2, {4})->reply.has_value());
        CHECK(hold(1, {4})->refused_as(rejection::hold_expired));
      }
    }
  }
}

SCENARIO("a hold that is being paid for outlasts its time") {
  GIVEN("a hold whose payment starts in its last minute and may take ten") {
    start(working_journal());
    hold(1, {4});
    pass(250s, 1s);
    CHECK(pay(1, 600s)->reply.has_value());
    pass(100s, 1s);
    THEN("the seat stays taken, and cannot be let go") {
      CHECK(hold(2, {4})->refused_as(rejection::seat_taken));
      CHECK(release(1)->refused_as(rejection::in_progress));
    }
    WHEN("the payment fails after what was promised") {
      auto stopped = ask<done>(section, messages::stop_payment{{}, hold_of(1), order_of(1)});
      pass(9s, 1s);
      THEN("the hold lasts for a minute from what was promised, which is enough for another order") {
        CHECK(stopped->reply.has_value());
        CHECK_EQ(view().totals.held, 1u);
        pass(2s, 1s);
        CHECK_EQ(view().totals.held, 0u);
      }
    }
  }
}

SCENARIO("released seats are free at once") {
  GIVEN("a hold") {
    start(working_journal());
    hold(1, {4, 5});
    WHEN("another buyer tries to release it") {
      auto stranger = ask<done>(section, messages::release_hold{{}, event, hold_of(1), buyer(2), {}});
      settle();
      THEN("they learn nothing of it") {
        CHECK(stranger->refused_as(rejection::not_found));
      }
    }
    AND("its buyer lets it go, twice") {
      CHECK(release(1)->reply.has_value());
      CHECK(release(1)->reply.has_value());
      THEN("the seats are free and the allowance is back once") {
        CHECK(allowances_back() == std::vector{hold_of(1)});
        CHECK(hold(2, {4, 5})->reply.has_value());
      }
    }
  }
}

SCENARIO("a hold can be looked up by its buyer only") {
  GIVEN("a hold") {
    start(working_journal());
    hold(1, {4});
    auto find = [this](std::uint64_t number, domain::buyer_id who) {
      auto result = ask<messages::hold_granted>(section, messages::find_hold{{}, event, hold_of(number), who, {}});
      settle();
      return result;
    };
    THEN("its buyer finds it, others do not, and after its end it is expired") {
      CHECK(find(1, buyer(1))->reply.has_value());
      CHECK(find(1, buyer(2))->refused_as(rejection::not_found));
      CHECK(find(8, buyer(8))->refused_as(rejection::not_found));
      release(1);
      CHECK(find(1, buyer(1))->refused_as(rejection::hold_expired));
    }
  }
}

SCENARIO("seats are sold once, and the store's table agrees") {
  GIVEN("a hold that is paid for") {
    start(working_journal());
    hold(1, {4, 5});
    pay(1, 600s);
    WHEN("the money is here, and the checkout asks twice") {
      CHECK(sell(1, {4, 5})->reply.has_value());
      CHECK(sell(1, {4, 5})->reply.has_value());
      THEN("the seats are sold, the table says so, and the revenue is right") {
        pass(1s);
        CHECK_EQ(view().status, "....SS....");
        CHECK_EQ(view().totals.revenue, 10'000);
        CHECK_EQ(memory_store{books}.sold_seats(event).size(), 2u);
        CHECK(hold(1, {4, 5})->refused_as(rejection::hold_expired));
        CHECK(event_heard->allowances.empty());
      }
    }
    AND("the order is undone after the sale") {
      auto undone = ask<done>(section, messages::take_back_seats{{}, order_of(1), seats({4, 5})});
      settle();
      THEN("the seats are free, and the report tells what was refunded") {
        CHECK(undone->reply.has_value());
        auto report = ask<messages::section_report>(section, messages::report_section{});
        settle();
        REQUIRE(report->reply);
        CHECK_EQ(report->reply->totals.free, 10u);
        CHECK_EQ(report->reply->totals.revenue, 0);
        REQUIRE(report->reply->categories.size() == 1u);
        CHECK_EQ(report->reply->categories[0].totals.refunded, 10'000);
      }
    }
  }
}

SCENARIO("money that comes late gets the same seats when they are still free") {
  GIVEN("two holds that ran out while their buyers were paying elsewhere") {
    start(working_journal());
    hold(1, {4});
    hold(2, {5});
    pass(301s, 1s);
    hold(3, {5});
    THEN("one is sold after all and the other is not") {
      CHECK(sell(1, {4})->reply.has_value());
      CHECK(sell(2, {5})->refused_as(rejection::seat_taken));
    }
  }
}

SCENARIO("blocked seats cannot be held") {
  GIVEN("two seats that the operator has blocked") {
    start(working_journal());
    auto blocked = ask<done>(section, messages::block_in_section{{}, seats({0, 1}), 0, true});
    settle();
    CHECK(blocked->reply.has_value());
    CHECK(hold(1, {1})->refused_as(rejection::seat_taken));
    pass(1s);
    CHECK_EQ(view().status, "BB........");
    WHEN("one is put back") {
      ask<done>(section, messages::block_in_section{{}, seats({1}), 0, false});
      settle();
      THEN("it can be held") {
        CHECK(hold(2, {1})->reply.has_value());
      }
    }
  }
}

SCENARIO("a floor of a hundred places has room for exactly a hundred people") {
  GIVEN("two hundred people who want one place each at once") {
    start(working_journal(), 1);
    std::vector<shared_outcome<messages::hold_granted>> asked;
    for (std::uint64_t i = 0; i < 200; ++i)
      asked.push_back(ask<messages::hold_granted>(section, wish(i, domain::quantity_wish{1})));
    settle();
    THEN("a hundred get one, at the floor's price") {
      auto granted = std::count_if(asked.begin(), asked.end(), [](const auto& x) { return x->reply.has_value(); });
      auto refused =
          std::count_if(asked.begin(), asked.end(), [](const auto& x) { return x->refused_as(rejection::sold_out); });
      CHECK_EQ(granted, 100);
      CHECK_EQ(refused, 100);
      CHECK_EQ(asked[0]->reply->sections.at(0).seats.at(0).price, 3'000);
      CHECK_EQ(view().status, "");
      CHECK_EQ(view().totals.free, 0u);
    }
  }
}

SCENARIO("new terms count for new holds") {
  GIVEN("a section") {
    start(working_journal());
    hold(1, {1});
    WHEN("prices and the time to pay change") {
      self->send(section, messages::terms_changed{{{7'000, 1}, 60s, false}});
      auto later = hold(2, {2});
      THEN("a new hold has them, an old one keeps what it was promised") {
        REQUIRE(later->reply);
        CHECK_EQ(later->reply->sections.at(0).seats.at(0).price, 7'000);
        CHECK(later->reply->until == now() + 60s);
        CHECK_EQ(hold(1, {1})->reply->sections.at(0).seats.at(0).price, 5'000);
      }
    }
  }
}

SCENARIO("a section with too many facts in flight says that it is overloaded") {
  GIVEN("a section that may have two facts in flight, and a journal that does not answer") {
    start_on_silent_journal({.journal = {.in_flight_max = 2}});
    hold(1, {1});
    hold(2, {2});
    THEN("the third hold is overloaded and changes nothing, and losers still get their answer") {
      CHECK(hold(3, {3})->refused_as(rejection::overloaded));
      CHECK(hold(4, {1})->refused_as(rejection::seat_taken));
      CHECK((allowances_back() == std::vector{hold_of(3), hold_of(4)}));
      make_durable();
      CHECK(hold(5, {3})->pending());
    }
  }
}

SCENARIO("a section that starts anew goes on with the same holds and deadlines") {
  GIVEN("a section with a hold and a sale") {
    start(working_journal());
    hold(1, {1});
    hold(2, {2, 3});
    sell(2, {2, 3});
    pass(100s, 1s);
    WHEN("another owner claims it") {
      start(working_journal());
      THEN("everything is there, and the hold ends when it was promised to") {
        CHECK_EQ(view().status, ".HSS......");
        CHECK_EQ(view().totals.revenue, 10'000);
        CHECK_EQ(view().epoch.value(), 2u);
        auto claims = ask<messages::section_claims>(section, messages::list_claims{});
        settle();
        CHECK_EQ(claims->reply->claims.size(), 2u);
        pass(199s, 1s);
        CHECK_EQ(view().totals.held, 1u);
        pass(2s, 1s);
        CHECK_EQ(view().totals.held, 0u);
      }
    }
  }
}

SCENARIO("a section keeps a snapshot now and then") {
  GIVEN("a section that keeps one after ten facts") {
    start(working_journal(), 0, {.journal = {.facts_per_snapshot = 10}});
    WHEN("a seat changes hands many times") {
      for (std::uint64_t i = 0; i < 30; ++i) {
        hold(i, {1});
        release(i);
      }
      THEN("there are snapshots, and what they stand for is the same") {
        CHECK_GT(books->snapshots_kept(), 0u);
        CHECK_LT(books->snapshots_kept(), 7u);
        hold(100, {5});
        auto history = memory_store{books}.claim(shard(), "test", {});
        domain::section rebuilt{plan, domain::section_no{0}};
        for (const auto& fact : history->snapshot)
          rebuilt.apply(fact);
        for (const auto& fact : history->facts)
          rebuilt.apply(fact);
        CHECK_LT(history->facts.size(), 40u);
        CHECK_EQ(rebuilt.status(), ".....H....");
        CHECK(rebuilt.ended(hold_of(29)));
      }
    }
  }
}

END_FIXTURE_SCOPE()
