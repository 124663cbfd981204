#define CAF_SUITE domain.general_admission

#include "domain/section.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

SCENARIO("a floor gives out exactly as many places as it has") {
  GIVEN("a floor of a hundred places") {
    stage x{floor_of(100)};
    THEN("it has no seats to name, and nobody wants none or more than there are") {
      CHECK(why(x.ask(1, seats_wish{seats({0})})) == rejection::bad_request);
      CHECK(why(x.ask(1, quantity_wish{0})) == rejection::bad_request);
      CHECK(why(x.ask(1, quantity_wish{101})) == rejection::sold_out);
      CHECK(why(x.ask(1, quantity_wish{4'000'000'000})) == rejection::sold_out);
    }
    THEN("the best places are any, if they are of the category") {
      CHECK(granted(x.ask(1, best_wish{.quantity = 3})) != nullptr);
      CHECK(granted(x.ask(1, best_wish{.quantity = 3, .category = category_no{1}}))->seats.front().price == 3000);
      CHECK(why(x.ask(1, best_wish{.quantity = 3, .category = category_no{0}})) == rejection::sold_out);
    }
    WHEN("two thousand people want one each") {
      std::uint32_t granted_holds = 0;
      for (std::uint64_t i = 1; i <= 2000; ++i)
        granted_holds += x.hold_any(i, 1) ? 1 : 0;
      THEN("a hundred get one") {
        CHECK_EQ(granted_holds, 100u);
        CHECK_EQ(x.here.status(), std::string(100, 'H'));
        CHECK(why(x.ask(3000, quantity_wish{1})) == rejection::sold_out);
      }
    }
  }
}

SCENARIO("places that come back are given out last") {
  GIVEN("a floor of ten places of which three were released") {
    stage x{floor_of(10)};
    x.hold_any(1, 3);
    auto wanted = x.here.find(hold_number(1))->seats;
    x.release(1);
    WHEN("others take seven") {
      CHECK(x.hold_any(2, 7, ben));
      THEN("a payment for the three that comes late still finds them") {
        CHECK(x.sell(1, 7, wanted));
        CHECK_EQ(x.here.totals().sold, 3u);
      }
    }
  }
}

SCENARIO("an operator blocks places of a floor by number") {
  GIVEN("a floor of ten places of which four are held") {
    stage x{floor_of(10)};
    x.hold_any(1, 4);
    THEN("only free ones are blocked, and only blocked ones put back") {
      CHECK(why(x.here.block({}, 7)) == rejection::sold_out);
      CHECK(why(x.here.block(seats({9}), 0)) == rejection::bad_request);
      CHECK(repeated(x.here.unblock({}, 1)));
      CHECK(x.happen(x.here.block({}, 5)));
      CHECK(why(x.ask(2, quantity_wish{2})) == rejection::sold_out);
      CHECK_EQ(granted(x.here.unblock({}, 3))->seats.size(), 3u);
      CHECK(x.happen(x.here.unblock({}, 6)));
      CHECK_EQ(x.here.totals().blocked, 0u);
      CHECK(x.hold_any(2, 6));
    }
  }
}
