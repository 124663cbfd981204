#define CAF_SUITE domain.plan_and_allowances

#include "domain/allowances.hpp"
#include "domain/ensure.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

seating_plan plan_of(std::vector<section_plan> sections) {
  return {"hall", {"near", "far"}, std::move(sections)};
}

} // namespace

SCENARIO("a plan finds its seats, sections and categories by name") {
  GIVEN("stalls of two rows and a floor") {
    auto plan = plan_of({rows_of({2, 3}), floor_of(20)});
    THEN("both ways agree") {
      auto place = plan.find_seat("R2-1");
      CHECK(place && place->section == section_no{0} && place->seat == seat_no{2});
      CHECK_EQ(plan.guid(*place), "R2-1");
      CHECK(plan.find_section("floor") == section_no{1});
      CHECK(plan.find_category("far") == category_no{1});
      CHECK_EQ(plan.capacity(), 25u);
    }
    THEN("places of the floor have names, too, from 1") {
      CHECK_EQ(plan.guid({section_no{1}, seat_no{0}}), "floor:1");
      CHECK(plan.find_seat("floor:20")->seat == seat_no{19});
      for (const auto* unknown : {"floor:0", "floor:21", "floor:01", "floor:", "floor:1x", "floor:-1", "stalls:1", ":1",
                                  "R9-9", "", "floor:99999999999999999999"})
        CHECK(!plan.find_seat(unknown));
      CHECK(!plan.find_section("roof"));
      CHECK(!plan.find_category("roof"));
    }
    THEN("names still work after the plan has moved") {
      auto moved = std::move(plan);
      CHECK(moved.find_seat("R1-2").has_value());
    }
  }
}

SCENARIO("a plan that contradicts itself is a programmer's error") {
  CHECK_THROWS_AS(plan_of({rows_of({2}), rows_of({2})}), broken_invariant);
  auto renamed = rows_of({2});
  renamed.id = "other";
  CHECK_THROWS_AS(plan_of({rows_of({2}), renamed}), broken_invariant);
  auto torn = rows_of({2, 2});
  torn.seats[3].row = 0;
  CHECK_THROWS_AS(plan_of({torn}), broken_invariant);
  CHECK_THROWS_AS(plan_of({rows_of({2}, {7})}), broken_invariant);
}

SCENARIO("a new plan keeps all seats or is not one for a running sale") {
  auto now = plan_of({rows_of({2, 3}), floor_of(20)});
  CHECK(keeps_all_seats(now, now));
  CHECK(keeps_all_seats(now, plan_of({rows_of({2, 3, 4}), floor_of(30)})));
  auto more = rows_of({1});
  more.id = "balcony";
  more.seats[0].guid = "B1";
  CHECK(keeps_all_seats(now, plan_of({rows_of({2, 3}), floor_of(20), more})));
  CHECK(!keeps_all_seats(now, plan_of({rows_of({2, 2}), floor_of(20)})));
  CHECK(!keeps_all_seats(now, plan_of({rows_of({3, 3}), floor_of(20)})));
  CHECK(!keeps_all_seats(now, plan_of({rows_of({2, 3}), floor_of(19)})));
  CHECK(!keeps_all_seats(now, plan_of({rows_of({2, 3})})));
  CHECK(!keeps_all_seats(now, plan_of({floor_of(20), rows_of({2, 3})})));
}

SCENARIO("a buyer takes no more than allowed, over all holds") {
  allowances x;
  CHECK(!x.take(ada, hold_number(1), 3, 4));
  CHECK(x.take(ada, hold_number(2), 2, 4)->reason == rejection::limit_exceeded);
  CHECK(!x.take(ben, hold_number(3), 4, 4));
  CHECK(!x.take(ada, hold_number(2), 1, 4));
  CHECK_EQ(x.taken_by(ada), 4u);
  MESSAGE("taking again for the same hold counts once, and for another buyer not at all");
  CHECK(!x.take(ada, hold_number(1), 3, 4));
  CHECK_EQ(x.taken_by(ada), 4u);
  CHECK(x.take(ben, hold_number(1), 1, 100)->reason == rejection::not_found);
  CHECK(x.take(ada, hold_number(9), 4'294'967'295, 4)->reason == rejection::limit_exceeded);
  MESSAGE("giving back twice gives back once");
  x.give_back(hold_number(1));
  x.give_back(hold_number(1));
  CHECK_EQ(x.taken_by(ada), 1u);
  MESSAGE("what a hold counts can be corrected");
  x.set(ada, hold_number(2), 3);
  CHECK_EQ(x.taken_by(ada), 3u);
  x.set(ada, hold_number(2), 0);
  CHECK_EQ(x.taken_by(ada), 0u);
}

SCENARIO("the holds of one buyer are known without a look at all others") {
  allowances x;
  auto holds_of = [&x](const buyer_id& buyer) {
    auto found = x.holds_of(buyer);
    std::ranges::sort(found);
    return found;
  };
  using holds = std::vector<hold_id>;
  CHECK_EQ(holds_of(ada), holds{});
  for (auto number : {1, 2, 3, 4})
    CHECK(!x.take(number == 3 ? ben : ada, hold_number(number), 1, 9));
  CHECK_EQ(holds_of(ada), (holds{hold_number(1), hold_number(2), hold_number(4)}));
  CHECK_EQ(holds_of(ben), holds{hold_number(3)});
  MESSAGE("whichever of them goes first, or comes twice");
  CHECK(!x.take(ada, hold_number(2), 1, 9));
  x.set(ada, hold_number(2), 5);
  CHECK_EQ(holds_of(ada), (holds{hold_number(1), hold_number(2), hold_number(4)}));
  x.give_back(hold_number(2));
  CHECK_EQ(holds_of(ada), (holds{hold_number(1), hold_number(4)}));
  x.give_back(hold_number(4));
  x.give_back(hold_number(1));
  CHECK_EQ(holds_of(ada), holds{});
  x.set(ada, hold_number(1), 2);
  CHECK_EQ(holds_of(ada), holds{hold_number(1)});
  CHECK_EQ(holds_of(ben), holds{hold_number(3)});
}
