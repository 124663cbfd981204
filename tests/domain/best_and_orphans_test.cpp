#define CAF_SUITE domain.best_and_orphans

#include "domain/section.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

std::vector<seat_no> best(stage& x, best_wish wanted) {
  auto answer = x.ask(1000, wanted);
  return granted(answer) == nullptr ? std::vector<seat_no>{} : unpriced(granted(answer)->seats);
}

} // namespace

SCENARIO("the best seats are side by side and leave nobody alone") {
  GIVEN("a row of five and a row of four") {
    stage x{rows_of({5, 4})};
    THEN("plan order decides where all is free") {
      CHECK(best(x, {.quantity = 2}) == seats({0, 1}));
      CHECK(best(x, {.quantity = 5}) == seats({0, 1, 2, 3, 4}));
    }
    THEN("four of the first row would leave one alone, so the second row is better") {
      CHECK(best(x, {.quantity = 4}) == seats({5, 6, 7, 8}));
    }
    WHEN("seat 0 is taken") {
      x.hold(1, {0});
      THEN("a pair stays at the side, a triple goes where it fits") {
        CHECK(best(x, {.quantity = 2}) == seats({1, 2}));
        CHECK(best(x, {.quantity = 3}) == seats({1, 2, 3}));
        CHECK(best(x, {.quantity = 4}) == seats({1, 2, 3, 4}));
      }
    }
  }
}

SCENARIO("neighbours are better than nobody alone elsewhere, and seats near each other better than far ones") {
  GIVEN("one row of three") {
    stage x{rows_of({3})};
    THEN("a pair leaves somebody alone when it must") {
      CHECK(best(x, {.quantity = 2}) == seats({0, 1}));
    }
  }
  GIVEN("two rows of nine where only seats 0 and 8 of the first and 8 of the second are free") {
    stage x{rows_of({9, 9})};
    CHECK(x.hold(1, {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16}));
    THEN("those behind each other are nearer than the two ends of a row") {
      CHECK(best(x, {.quantity = 2}) == seats({8, 17}));
      CHECK(best(x, {.quantity = 3}) == seats({0, 8, 17}));
    }
    THEN("who wants to sit together gets none of them") {
      CHECK(why(x.ask(2, best_wish{.quantity = 2, .fit = togetherness::together})) == rejection::sold_out);
    }
    THEN("there are no four") {
      CHECK(why(x.ask(2, best_wish{.quantity = 4})) == rejection::sold_out);
      CHECK(why(x.ask(2, best_wish{.quantity = 4'000'000'000})) == rejection::sold_out);
    }
  }
  GIVEN("two rows far from each other, with gaps") {
    stage x{rows_of({6, 6}, {0}, 100)};
    CHECK(x.hold(1, {0, 2, 4, 7, 9, 11}));
    THEN("a row with gaps is better than another row") {
      CHECK(best(x, {.quantity = 3}) == seats({1, 3, 5}));
    }
    THEN("across rows is better than nothing") {
      CHECK_EQ(best(x, {.quantity = 6}).size(), 6u);
    }
  }
}

SCENARIO("the best seats are of the wanted category") {
  GIVEN("a near row and two far rows") {
    stage x{rows_of({4, 4, 4}, {0, 1})};
    THEN("they begin where the category does, and cost what it costs") {
      CHECK(best(x, {.quantity = 2, .category = category_no{1}}) == seats({4, 5}));
      CHECK(granted(x.ask(1, best_wish{.quantity = 2, .category = category_no{1}}))->seats.front().price == 3000);
      CHECK(best(x, {.quantity = 5, .category = category_no{0}}).empty());
      CHECK(best(x, {.quantity = 1, .category = category_no{7}}).empty());
    }
  }
}

SCENARIO("an event may refuse choices that leave a single seat alone") {
  GIVEN("a row of six seats, and one of two") {
    stage x{rows_of({6, 2})};
    auto ask = [&](std::initializer_list<std::uint32_t> wanted) {
      return x.here.hold(hold_number(50), ada, seats_wish{seats(wanted)}, 1, no_orphans, at(300));
    };
    THEN("a choice one seat off the end is refused, with the seat left alone and a near suggestion") {
      auto answer = ask({1, 2});
      CHECK(why(answer) == rejection::would_orphan);
      CHECK(refused(answer)->seats == seats({0}));
      CHECK(refused(answer)->suggestion == seats({0, 1}));
      CHECK(granted(x.here.hold(hold_number(50), ada, seats_wish{refused(answer)->suggestion}, 1, no_orphans, at(300)))
            != nullptr);
    }
    THEN("a gap inside the choice is refused, too") {
      auto answer = ask({0, 2, 3});
      CHECK(why(answer) == rejection::would_orphan);
      CHECK(refused(answer)->seats == seats({1}));
      CHECK(refused(answer)->suggestion == seats({0, 1, 2}));
    }
    THEN("choices that leave two or none are granted") {
      CHECK(granted(ask({0, 1})) != nullptr);
      CHECK(granted(ask({2, 3})) != nullptr);
      CHECK(granted(ask({0, 1, 2, 3, 4, 5})) != nullptr);
    }
    THEN("a choice without a better one in its row is granted") {
      CHECK(granted(ask({6})) != nullptr);
      CHECK(granted(ask({1, 2, 3, 4})) == nullptr);
      CHECK(granted(ask({0, 1, 2, 3, 4})) != nullptr);
    }
    THEN("only the row that has a better choice is changed by the suggestion") {
      auto answer = ask({1, 2, 7});
      CHECK(why(answer) == rejection::would_orphan);
      CHECK(refused(answer)->suggestion == seats({0, 1, 7}));
    }
    THEN("the rule is off unless the event asks for it") {
      auto y = x;
      CHECK(y.hold(1, {1, 2}));
    }
    WHEN("a seat was alone before") {
      CHECK(x.hold(1, {1}));
      THEN("taking seats elsewhere is not blamed for it") {
        CHECK(granted(ask({2, 3})) != nullptr);
        CHECK(why(ask({3, 4})) == rejection::would_orphan);
        CHECK(granted(ask({0})) != nullptr);
      }
    }
  }
}

SCENARIO("a choice in several gaps of a row is mended in each of them") {
  GIVEN("a row of twelve with its middle taken") {
    stage x{rows_of({12})};
    CHECK(x.hold(1, {5, 6}));
    auto ask = [&](std::initializer_list<std::uint32_t> wanted) {
      return x.here.hold(hold_number(50), ada, seats_wish{seats(wanted)}, 1, no_orphans, at(300));
    };
    THEN("whoever chose on both sides still sits on both sides") {
      auto answer = ask({1, 2, 8, 9});
      CHECK(why(answer) == rejection::would_orphan);
      CHECK(refused(answer)->seats == seats({0, 7}));
      CHECK(refused(answer)->suggestion == seats({0, 1, 7, 8}));
    }
    THEN("a side that leaves nobody alone stays as it was chosen") {
      auto answer = ask({1, 2, 7, 8});
      CHECK(refused(answer)->suggestion == seats({0, 1, 7, 8}));
    }
  }
}

SCENARIO("of wheelchair places and companions' seats in turn each pair is one party's") {
  GIVEN("a row of two pairs and a plain seat: wheelchair, companion, wheelchair, companion") {
    auto plan = rows_of({5});
    for (std::size_t i : {0, 2}) {
      plan.seats[i].accessible = true;
      plan.seats[i + 1].companion = true;
    }
    stage x{plan};
    THEN("both pairs are found, one after the other") {
      CHECK(x.hold(1, {4}));
      CHECK(best(x, {.quantity = 2}) == seats({0, 1}));
      CHECK(x.hold(2, {0, 1}));
      CHECK(best(x, {.quantity = 2}) == seats({2, 3}));
    }
  }
}

SCENARIO("seats for wheelchairs and their companions come last, and stay together") {
  GIVEN("a row of eight: restricted view, wheelchair, companion, and five plain seats") {
    auto plan = rows_of({8});
    plan.seats[0].restricted_view = true;
    plan.seats[1].accessible = true;
    plan.seats[2].companion = true;
    const stage empty{plan};
    THEN("pairs are plain first, and the wheelchair place goes with its companion's seat") {
      auto x = empty;
      CHECK(best(x, {.quantity = 2}) == seats({3, 4}));
      CHECK(x.hold(1, {3, 4}));
      CHECK(best(x, {.quantity = 2}) == seats({5, 6}));
      CHECK(x.hold(2, {5, 6}));
      CHECK(best(x, {.quantity = 2, .fit = togetherness::together}) == seats({1, 2}));
      // Apart, but neither for a wheelchair.
      CHECK(best(x, {.quantity = 2}) == seats({0, 7}));
    }
    THEN("whoever takes no seat of a worse grade gets none") {
      auto x = empty;
      CHECK(best(x, {.quantity = 6, .worst = seat_grade::restricted}) == seats({0, 3, 4, 5, 6, 7}));
      CHECK(best(x, {.quantity = 6, .worst = seat_grade::plain}).empty());
    }
    THEN("single seats are plain first, then restricted, and the pair is not parted at all") {
      auto x = empty;
      CHECK(best(x, {.quantity = 1}) == seats({3}));
      CHECK(x.hold(1, {3, 4, 5, 6, 7}));
      CHECK(best(x, {.quantity = 1}) == seats({0}));
      CHECK(x.hold(2, {0}));
      CHECK(why(x.ask(3, best_wish{.quantity = 1})) == rejection::sold_out);
      CHECK(best(x, {.quantity = 2}) == seats({1, 2}));
    }
    THEN("what is left of the pair can be had") {
      auto x = empty;
      CHECK(x.hold(1, {0, 2, 3, 4, 5, 6, 7}));
      CHECK(best(x, {.quantity = 1}) == seats({1}));
    }
    THEN("a larger party is not parted from them either") {
      auto x = empty;
      CHECK(x.hold(1, {6, 7}));
      CHECK(best(x, {.quantity = 4, .fit = togetherness::together}) == seats({0, 1, 2, 3}));
    }
  }
}
