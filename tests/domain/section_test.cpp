#define CAF_SUITE domain.section

#include "domain/ended_holds.hpp"
#include "domain/section.hpp"

#include "domain/ensure.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

SCENARIO("a hold takes all of its seats or none") {
  GIVEN("a row of ten seats of which seat 4 is held") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}));
    WHEN("somebody wants seats 3, 4 and 5") {
      auto answer = x.ask(2, seats_wish{seats({3, 4, 5})}, ben);
      THEN("none is held, and the one that stood in the way is named") {
        CHECK(why(answer) == rejection::seat_taken);
        CHECK(refused(answer)->seats == seats({4}));
        CHECK_EQ(x.here.status(), "....H.....");
        CHECK_EQ(x.here.totals().held, 1u);
      }
    }
  }
}

SCENARIO("a hold has its seats at the price of their category, until the moment asked for") {
  GIVEN("a row of ten seats of which seat 4 is held") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}));
    WHEN("somebody wants seats 5 and 3") {
      auto answer = x.ask(2, seats_wish{seats({5, 3})}, ben);
      THEN("both are held, in the order of the wish") {
        CHECK(x.happen(answer));
        CHECK(granted(answer)->seats == (std::vector<priced_seat>{{seat_no{5}, 5000}, {seat_no{3}, 5000}}));
        CHECK(granted(answer)->until == at(300));
        CHECK_EQ(x.here.status(), "...HHH....");
      }
    }
  }
}

SCENARIO("a wish that cannot be understood is refused and changes nothing") {
  GIVEN("a row of ten seats") {
    stage x{rows_of({10})};
    THEN("no seats, a seat twice, unknown seats and quantities are refused") {
      CHECK(why(x.ask(1, seats_wish{})) == rejection::bad_request);
      auto twice = x.ask(1, seats_wish{seats({3, 4, 3})});
      CHECK(why(twice) == rejection::bad_request);
      CHECK(refused(twice)->seats == seats({3}));
      auto unknown = x.ask(1, seats_wish{seats({3, 10, 4'000'000'000})});
      CHECK(why(unknown) == rejection::not_found);
      CHECK(refused(unknown)->seats == seats({10, 4'000'000'000}));
      CHECK(why(x.ask(1, quantity_wish{2})) == rejection::bad_request);
      CHECK(why(x.ask(1, best_wish{.quantity = 0})) == rejection::bad_request);
      CHECK_EQ(x.here.status(), "..........");
    }
  }
  GIVEN("a row of a hundred seats") {
    stage x{rows_of({100})};
    THEN("a seat named twice is found among many") {
      seats_wish many;
      for (std::uint32_t i = 0; i < 60; ++i)
        many.seats.emplace_back(i);
      many.seats.emplace_back(59);
      auto answer = x.ask(1, many);
      CHECK(why(answer) == rejection::bad_request);
      CHECK(refused(answer)->seats == seats({59}));
    }
  }
}

SCENARIO("repeating a hold repeats its answer") {
  GIVEN("a hold of seat 4") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}));
    THEN("the same wish is recognized, another wish is a mismatch, another buyer finds nothing") {
      CHECK(repeated(x.ask(1, seats_wish{seats({4})})));
      auto other_wish = x.here.hold(hold_number(1), ada, seats_wish{seats({5})}, 2, plain_terms, at(300));
      CHECK(why(other_wish) == rejection::idempotency_mismatch);
      CHECK(why(x.ask(1, seats_wish{seats({4})}, ben)) == rejection::not_found);
    }
    WHEN("it has ended") {
      CHECK(x.release(1));
      THEN("a late repeat does not hold anew") {
        CHECK(x.here.ended(hold_number(1)));
        CHECK(why(x.ask(1, seats_wish{seats({4})})) == rejection::hold_expired);
      }
    }
  }
}

SCENARIO("a hold whose buyer was told that nothing had changed can be asked for again") {
  GIVEN("a hold that is undone because its buyer was not promised it") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {1}));
    CHECK(x.happen(x.here.release(hold_number(1), ada, hold_end::unacknowledged)));
    THEN("its buyer may have it again") {
      CHECK(repeated(x.here.release(hold_number(1), ada, hold_end::unacknowledged)));
      CHECK(x.hold(1, {1}));
      CHECK(x.from_snapshot() == x.here);
    }
  }
  GIVEN("a hold that ended unacknowledged") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}));
    x.here.apply(hold_ended{hold_number(1), hold_end::unacknowledged});
    THEN("the same key holds the same seat") {
      CHECK(!x.here.ended(hold_number(1)));
      CHECK(x.hold(1, {4}));
    }
  }
}

SCENARIO("only so many ended holds are remembered") {
  GIVEN("a small section in which 1025 holds have ended") {
    stage x{rows_of({10})};
    for (std::uint64_t i = 1; i <= 1025; ++i) {
      x.hold(i, {4});
      x.release(i);
    }
    THEN("the oldest is forgotten and the others are not") {
      CHECK(!x.here.ended(hold_number(1)));
      CHECK(x.here.ended(hold_number(2)));
      CHECK(x.here.ended(hold_number(1025)));
      CHECK(x.from_snapshot() == x.here);
    }
  }
}

SCENARIO("sections that remember more ended holds and fewer agree on the newest") {
  GIVEN("1300 holds that ended in a section of 600 places and in the same one after it grew to 610") {
    ended_holds before{1200};
    ended_holds after{1220};
    for (std::uint64_t i = 1; i <= 1300; ++i) {
      before.remember(hold_number(i));
      after.remember(hold_number(i));
    }
    CHECK(before.agrees_with(after));
    CHECK(after.agrees_with(before));
    THEN("one end that only one of them knows is a difference") {
      after.remember(hold_number(1301));
      CHECK(!before.agrees_with(after));
    }
    THEN("so is one that remembers less than the least") {
      ended_holds lost{1220};
      lost.remember(hold_number(1300));
      CHECK(!lost.agrees_with(after));
      CHECK(!after.agrees_with(ended_holds{1220}));
    }
  }
}

SCENARIO("a seat comes back when its hold is released or runs out") {
  GIVEN("three holds that end at different times") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {1}, ada, at(30)));
    CHECK(x.hold(2, {2}, ben, at(10)));
    CHECK(x.hold(3, {3}, ben, at(20)));
    THEN("the earliest is the next deadline, and holds expire in the order of their ends, not before") {
      CHECK(x.here.next_deadline() == at(10));
      CHECK(x.here.expire(at(10) - microseconds{1}, 10).empty());
      CHECK(x.here.expire(at(20), 10)
            == (std::vector<hold_ended>{{hold_number(2), hold_end::expired}, {hold_number(3), hold_end::expired}}));
      CHECK_EQ(x.here.expire(at(30), 1).size(), 1u);
    }
  }
  GIVEN("a hold") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {1}));
    THEN("only its buyer can release it, and releasing it twice succeeds") {
      CHECK(why(x.here.release(hold_number(1), ben)) == rejection::not_found);
      CHECK(x.release(1));
      CHECK(repeated(x.here.release(hold_number(1), ada)));
      CHECK(why(x.ask(1, seats_wish{seats({0})})) == rejection::hold_expired);
      CHECK_EQ(x.here.status(), "..........");
      CHECK(!x.here.next_deadline());
    }
  }
}

SCENARIO("a hold lasts longer while it is paid for") {
  GIVEN("a hold until 300 that order 7 pays for until 900") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    CHECK(x.pay(1, 7, at(900)));
    THEN("it does not expire before, cannot be released, and no other order can pay for it") {
      CHECK(x.here.expire(at(899), 10).empty());
      CHECK_EQ(x.here.expire(at(900), 10).size(), 1u);
      CHECK(x.here.state_of(seat_no{4}) == seat_state::paying);
      CHECK(why(x.here.release(hold_number(1), ada)) == rejection::in_progress);
      CHECK(repeated(x.here.start_payment(hold_number(1), ada, order_number(7), at(0), at(900))));
      CHECK(why(x.here.start_payment(hold_number(1), ada, order_number(8), at(0), at(900))) == rejection::in_progress);
      CHECK(why(x.here.sell(hold_number(1), order_number(8), ada, x.here.find(hold_number(1))->seats))
            == rejection::in_progress);
    }
    WHEN("the payment is declined") {
      CHECK(x.happen(x.here.stop_payment(hold_number(1), order_number(7), at(200))));
      THEN("it is an ordinary hold again, until what was promised") {
        CHECK(x.here.state_of(seat_no{4}) == seat_state::held);
        CHECK(x.here.next_deadline() == at(300));
        CHECK(repeated(x.here.stop_payment(hold_number(1), order_number(7), at(200))));
        CHECK(x.release(1));
      }
    }
  }
  GIVEN("another one that order 7 pays for until 900") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    CHECK(x.pay(1, 7, at(900)));
    WHEN("its order asks for more time, and then for less") {
      auto more = x.here.start_payment(hold_number(1), ada, order_number(7), at(800), at(1000));
      CHECK(x.happen(more));
      auto less = x.here.start_payment(hold_number(1), ada, order_number(7), at(810), at(950));
      THEN("it has more and loses none, and is paying all the while") {
        CHECK(repeated(less));
        CHECK(x.here.next_deadline() == at(1000));
        CHECK(x.here.state_of(seat_no{4}) == seat_state::paying);
        CHECK(x.replayed() == x.here);
        CHECK(x.from_snapshot() == x.here);
      }
    }
  }
  GIVEN("a hold until 300 that is being paid for") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    CHECK(x.pay(1, 7, at(900)));
    THEN("what its buyer is told while the outcome is open holds if the payment fails") {
      auto told = at(0);
      for (auto now : {at(100), at(239), at(240), at(241), at(299), at(300), at(500)}) {
        CHECK(x.here.find(hold_number(1))->ends_unpaid(now) >= told);
        told = x.here.find(hold_number(1))->ends_unpaid(now);
      }
      CHECK(told == at(360));
      CHECK(x.happen(x.here.stop_payment(hold_number(1), order_number(7), at(500))));
      CHECK(x.here.next_deadline() == told);
    }
  }
  GIVEN("a hold whose payment is declined when it has little time left") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    CHECK(x.pay(1, 7, at(900)));
    CHECK(x.happen(x.here.stop_payment(hold_number(1), order_number(7), at(290))));
    THEN("there is time for another order, and nothing of that is lost in a snapshot") {
      CHECK(x.here.next_deadline() == at(350));
      CHECK(x.from_snapshot() == x.here);
    }
    WHEN("one order after the other is declined") {
      auto end = at(350);
      for (std::uint64_t order = 8; order < 40; ++order) {
        auto now = end - seconds{1};
        if (!x.happen(x.here.start_payment(hold_number(1), ada, order_number(order), now, now + seconds{120})))
          break;
        CHECK(x.happen(x.here.stop_payment(hold_number(1), order_number(order), now)));
        end = *x.here.next_deadline();
      }
      THEN("it has that time once only") {
        CHECK(end == at(360));
      }
    }
  }
  GIVEN("a hold whose time is over, although nobody has ended it yet") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}, ada, at(300)));
    THEN("it cannot be paid for any more") {
      auto late = x.here.start_payment(hold_number(1), ada, order_number(7), at(300), at(900));
      CHECK(why(late) == rejection::hold_expired);
    }
  }
  GIVEN("a hold that lasts longer than the payment would") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}, ada, at(300)));
    THEN("paying does not make it shorter") {
      CHECK(x.pay(1, 7, at(200)));
      CHECK(x.here.next_deadline() == at(300));
    }
  }
}

SCENARIO("a paid hold becomes a sale") {
  GIVEN("a hold of seats 4 and 5 that order 7 pays for") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    CHECK(x.pay(1, 7));
    auto held = x.here.find(hold_number(1))->seats;
    THEN("only its own seats are sold to its own buyer") {
      CHECK(why(x.here.sell(hold_number(1), order_number(7), ben, held)) == rejection::not_found);
      std::vector<priced_seat> others{{seat_no{4}, 5000}, {seat_no{6}, 5000}};
      CHECK(why(x.here.sell(hold_number(1), order_number(7), ada, others)) == rejection::bad_request);
    }
    WHEN("it is sold") {
      CHECK(x.sell(1, 7));
      THEN("its order owns the seats, and the hold is over") {
        CHECK_EQ(x.here.status(), "....SS....");
        CHECK(*x.here.owner_of(seat_no{4}) == order_number(7));
        CHECK(x.here.owner_of(seat_no{3}) == nullptr);
        CHECK(x.here.find(hold_number(1)) == nullptr);
        CHECK(!x.here.next_deadline());
        CHECK_EQ(x.here.totals().revenue, 10000);
        CHECK(repeated(x.here.sell(hold_number(1), order_number(7), ada, held)));
        CHECK(why(x.ask(1, seats_wish{seats({4})})) == rejection::hold_expired);
      }
      THEN("the claims of the section say whose the seats are") {
        CHECK(x.hold(2, {0}, ben));
        auto claims = x.here.claims();
        CHECK_EQ(claims.size(), 2u);
        CHECK(claims[0].hold == hold_number(1) && claims[0].buyer == ada && claims[0].seats == 2);
        CHECK(claims[1].hold == hold_number(2) && claims[1].buyer == ben && claims[1].seats == 1);
      }
    }
  }
}

SCENARIO("money that arrives after the hold has ended takes the same seats again, if they are free") {
  GIVEN("a hold that has expired") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4, 5}));
    auto wanted = x.here.find(hold_number(1))->seats;
    x.here.apply(hold_ended{hold_number(1), hold_end::expired});
    THEN("free seats are sold all the same") {
      auto y = x;
      CHECK(y.sell(1, 7, wanted));
      CHECK_EQ(y.here.status(), "....SS....");
    }
    THEN("taken seats are not") {
      CHECK(x.hold(2, {5}, ben));
      auto late = x.here.sell(hold_number(1), order_number(7), ada, wanted);
      CHECK(why(late) == rejection::seat_taken);
      CHECK(refused(late)->seats == seats({5}));
      CHECK_EQ(x.here.status(), ".....H....");
    }
  }
}

SCENARIO("an order keeps the seats that are not taken back") {
  GIVEN("order 7 with seats 4 and 5") {
    stage x{rows_of({10})};
    x.hold(1, {4, 5});
    x.sell(1, 7);
    WHEN("one of them is taken back") {
      CHECK(x.happen(x.here.take_back(order_number(7), seats({5}))));
      THEN("the order has the other") {
        CHECK_EQ(x.here.status(), "....S.....");
        CHECK(x.from_snapshot() == x.here);
        CHECK_EQ(x.here.claims().front().seats, 1u);
      }
    }
  }
}

SCENARIO("a cancelled order gives its seats back") {
  GIVEN("order 7 with seats 4 and 5") {
    stage x{rows_of({10})};
    x.hold(1, {4, 5});
    x.sell(1, 7);
    auto both = seats({4, 5});
    THEN("another order has nothing to give back") {
      CHECK(repeated(x.here.take_back(order_number(8), both)));
    }
    WHEN("it is taken back") {
      auto decided = x.here.take_back(order_number(7), both);
      CHECK(x.happen(decided));
      THEN("the seats are free, at their next version, and the money is a refund") {
        CHECK(granted(decided)->seats == (std::vector<sold_seat>{{seat_no{4}, 5000, 2}, {seat_no{5}, 5000, 2}}));
        CHECK_EQ(x.here.status(), "..........");
        CHECK_EQ(x.here.totals().revenue, 0);
        CHECK_EQ(x.here.totals().refunded, 10000);
        CHECK(repeated(x.here.take_back(order_number(7), both)));
      }
      THEN("selling a seat again counts its version on, also after a snapshot") {
        x.here = x.from_snapshot();
        CHECK(x.hold(2, {5}, ben));
        auto again = x.here.sell(hold_number(2), order_number(8), ben, x.here.find(hold_number(2))->seats);
        CHECK_EQ(granted(again)->seats.front().version, 3u);
      }
    }
  }
}

SCENARIO("blocked seats are out of the sale") {
  GIVEN("a row of ten seats of which one is held and one is blocked") {
    stage x{rows_of({10})};
    CHECK(x.hold(1, {4}));
    CHECK(x.happen(x.here.block(seats({0}), 0)));
    THEN("blocking is all or nothing, and passes over what is blocked already") {
      CHECK(why(x.here.block(seats({3, 4}), 0)) == rejection::seat_taken);
      auto both = x.here.block(seats({0, 1}), 0);
      CHECK(granted(both)->seats == seats({1}));
      CHECK(repeated(x.here.block(seats({0}), 0)));
      CHECK(why(x.here.block({}, 3)) == rejection::bad_request);
      CHECK(why(x.here.block(seats({99}), 0)) == rejection::not_found);
    }
    THEN("a blocked seat cannot be held until it is put back") {
      CHECK(why(x.ask(2, seats_wish{seats({0})})) == rejection::seat_taken);
      CHECK_EQ(x.here.status(), "B...H.....");
      CHECK(x.happen(x.here.unblock(seats({0, 1}), 0)));
      CHECK(repeated(x.here.unblock(seats({0}), 0)));
      CHECK(x.hold(2, {0}));
    }
  }
}

SCENARIO("a fact that contradicts the state stops the section") {
  GIVEN("a hold of seat 4 and a sale of seat 5") {
    stage x{rows_of({10})};
    x.hold(1, {4});
    x.hold(2, {5});
    x.sell(2, 7);
    auto stops = [&](const fact& contradiction) {
      auto copy = x.here;
      try {
        copy.apply(contradiction);
      } catch (const broken_invariant&) {
        return true;
      }
      return false;
    };
    THEN("no seat gets a second owner, and nothing ends that has not begun") {
      CHECK(stops(seats_held{hold_number(3), ben, {{seat_no{4}, 1}}, at(1), 1}));
      CHECK(stops(seats_held{hold_number(1), ada, {{seat_no{6}, 1}}, at(1), 1}));
      CHECK(stops(seats_held{hold_number(3), ada, {{seat_no{10}, 1}}, at(1), 1}));
      CHECK(stops(seats_held{hold_number(3), ada, {}, at(1), 1}));
      CHECK(stops(hold_ended{hold_number(9), hold_end::expired}));
      CHECK(stops(payment_started{hold_number(9), order_number(1), at(1)}));
      CHECK(stops(payment_stopped{hold_number(1), order_number(1), at(1)}));
      CHECK(stops(seats_sold{hold_number(3), order_number(8), ben, {{seat_no{5}, 1, 2}}}));
      CHECK(stops(seats_sold{hold_number(1), order_number(8), ada, {{seat_no{6}, 1, 1}}}));
      CHECK(stops(seats_sold{hold_number(3), order_number(8), ben, {{seat_no{6}, 1, 2}}}));
      CHECK(stops(seats_returned{order_number(8), {{seat_no{5}, 5000, 2}}}));
      CHECK(stops(seats_returned{order_number(7), {{seat_no{5}, 5000, 3}}}));
      CHECK(stops(seats_blocked{seats({4})}));
      CHECK(stops(seats_unblocked{seats({6})}));
      CHECK(stops(section_past{{}, {{seat_no{5}, 1, 0}}}));
      CHECK(stops(section_past{{}, {{seat_no{6}, 0, 0}}}));
      CHECK(stops(section_past{{}, {{seat_no{6}, 0x8000'0000, 0}}}));
      CHECK(stops(section_past{{}, {{seat_no{10}, 1, 0}}}));
      CHECK(stops(hold_extended{hold_number(9), at(9'999)}));
      CHECK(stops(hold_extended{hold_number(1), at(0)}));
      CHECK(stops(event_state_changed{event_state::open}));
    }
  }
}

SCENARIO("a snapshot says what is over as such, and a fresh section believes nothing else") {
  GIVEN("a seat that came back twice, a hold that ended, and one that a failed order gave more time") {
    stage x{rows_of({10})};
    for (std::uint64_t n : {1, 2}) {
      CHECK(x.hold(n, {4}));
      CHECK(x.happen(x.here.sell(hold_number(n), order_number(n), ada, x.here.find(hold_number(n))->seats)));
      CHECK(x.happen(x.here.take_back(order_number(n), seats({4}))));
    }
    CHECK(x.hold(3, {5}));
    CHECK(x.pay(3, 7, at(900)));
    CHECK(x.happen(x.here.stop_payment(hold_number(3), order_number(7), at(290))));
    THEN("the facts are these") {
      std::vector<fact> expected{
          section_past{{hold_number(1), hold_number(2)}, {{seat_no{4}, 2, 10'000}}},
          seats_held{hold_number(3), ada, x.here.find(hold_number(3))->seats, at(300),
                     x.here.find(hold_number(3))->wish_digest},
          hold_extended{hold_number(3), at(350)},
      };
      CHECK(x.here.snapshot() == expected);
      CHECK(x.from_snapshot() == x.here);
    }
    THEN("holds that never began do not end, and versions are not skipped, in an empty section either") {
      auto stops = [&](const fact& happened) {
        auto fresh = stage{rows_of({10})}.here;
        try {
          fresh.apply(happened);
          return false;
        } catch (const broken_invariant&) {
          return true;
        }
      };
      CHECK(stops(hold_ended{hold_number(1), hold_end::released}));
      CHECK(stops(seats_sold{hold_number(1), order_id{}, buyer_id{}, {{seat_no{4}, 0, 3}}}));
    }
  }
}

SCENARIO("totals are told by category") {
  GIVEN("a near row and a far row") {
    stage x{rows_of({4, 6}, {0, 1})};
    x.hold(1, {0, 1});
    x.hold(2, {4});
    x.sell(2, 7);
    x.happen(x.here.block(seats({9}), 0));
    THEN("each category has its own") {
      auto sums = x.here.totals_by_category();
      CHECK_EQ(sums.size(), 2u);
      CHECK(sums[0] == (std::pair{category_no{0}, section_totals{.free = 2, .held = 2}}));
      CHECK(sums[1]
            == (std::pair{category_no{1}, section_totals{.free = 4, .sold = 1, .blocked = 1, .revenue = 3000}}));
    }
  }
}

SCENARIO("what is being paid for ends no earlier than is allowed after an outage") {
  GIVEN("an ordinary hold until 300 and one that is being paid for until 400") {
    stage before{rows_of({6})};
    before.hold(1, {0});
    before.hold(2, {1}, ben);
    CHECK(before.pay(2, 1, at(400), ben));
    THEN("at 1000 only the ordinary one ends, and the other at 1100") {
      auto x = before;
      CHECK(x.here.next_deadline(at(1100)) == at(300));
      auto ends = x.here.expire(at(1000), 10, at(1100));
      REQUIRE(ends.size() == 1u);
      CHECK(ends[0].hold == hold_number(1));
      x.here.apply(ends[0]);
      CHECK(x.here.next_deadline(at(1100)) == at(1100));
      CHECK(x.here.next_deadline(at(350)) == at(400));
      CHECK_EQ(x.here.expire(at(1100), 10, at(1100)).size(), 1u);
    }
    THEN("an ordinary one whose time comes meanwhile ends in time") {
      auto x = before;
      CHECK(x.hold(3, {2}, ada, at(1050)));
      x.release(1);
      CHECK(x.here.next_deadline(at(1100)) == at(1050));
    }
  }
}

SCENARIO("whoever lets seats run out leaves them to others for a while") {
  GIVEN("a hold of two seats that ran out at 300") {
    stage before{rows_of({4})};
    before.hold(1, {0, 1});
    before.here.apply(before.here.expire(at(301), 1).front());
    auto x = before;
    auto terms = plain_terms;
    terms.rehold_pause = seconds{10};
    auto ask = [&](const buyer_id& who, const wish& wanted, instant now) {
      return x.here.hold(hold_number(9), who, wanted, 1, terms, now + seconds{300}, now);
    };
    THEN("its buyer gets neither of them before 310, and hears why") {
      auto again = ask(ada, seats_wish{seats({1, 2})}, at(302));
      CHECK(why(again) == rejection::seat_taken);
      CHECK(refused(again)->seats == seats({1}));
      CHECK(refused(again)->detail.find("for another 8 s") != std::string::npos);
      CHECK(granted(ask(ada, seats_wish{seats({1, 2})}, at(310))) != nullptr);
    }
    THEN("other seats and the best of them are theirs, and these are anybody else's") {
      CHECK(granted(ask(ada, seats_wish{seats({2, 3})}, at(302))) != nullptr);
      CHECK(unpriced(granted(ask(ada, best_wish{.quantity = 2}, at(302)))->seats) == seats({2, 3}));
      CHECK(why(ask(ada, best_wish{.quantity = 3}, at(302))) == rejection::sold_out);
      CHECK(unpriced(granted(ask(ben, best_wish{.quantity = 2}, at(302)))->seats) == seats({0, 1}));
    }
    THEN("once somebody else has had them, they are as any") {
      x = before;
      CHECK(x.hold(2, {0}, ben));
      CHECK(x.release(2, ben));
      CHECK(granted(ask(ada, seats_wish{seats({0})}, at(302))) != nullptr);
    }
    THEN("an event may do without, and letting go has no consequence") {
      x = before;
      terms.rehold_pause = seconds{0};
      CHECK(granted(ask(ada, seats_wish{seats({0})}, at(301))) != nullptr);
      terms.rehold_pause = seconds{10};
      CHECK(x.hold(3, {2}));
      CHECK(x.release(3));
      CHECK(granted(ask(ada, seats_wish{seats({2})}, at(301))) != nullptr);
    }
  }
}
