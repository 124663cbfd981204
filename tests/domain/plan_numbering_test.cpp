#define CAF_SUITE domain.plan_numbering

#include "domain/plan_numbering.hpp"

#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <algorithm>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

/// A section with these seats in one row.
section_plan row_of(const std::string& id, const std::vector<std::string>& guids) {
  section_plan plan{.id = id, .name = id, .rows = {"1"}};
  for (const auto& guid : guids)
    plan.seats.push_back({.guid = guid, .position = {.x = static_cast<double>(plan.seats.size())}});
  return plan;
}

shared_plan plan_of(std::vector<section_plan> sections) {
  return std::make_shared<const seating_plan>("hall", std::vector<std::string>{"near", "far"}, std::move(sections));
}

/// The standings before anything has happened.
std::vector<section_standing> untouched(const seating_plan& plan) {
  std::vector<section_standing> result;
  for (const auto& section : plan.sections())
    result.emplace_back(section.numbers_given());
  return result;
}

place_standing& at_seat(std::vector<section_standing>& standings, const seating_plan& plan, const char* guid) {
  auto place = plan.find_seat(guid).value();
  return standings[place.section.value()][place.seat.value()];
}

/// The plan with its numbers; null if it is refused.
shared_plan follow(const shared_plan& now, const shared_plan& next, const std::vector<section_standing>& standings) {
  auto numbering = renumber(*now, *next, standings, at(0));
  auto* given = std::get_if<plan_numbering>(&numbering);
  return given ? with_numbers(next, *given) : nullptr;
}

shared_plan follow(const shared_plan& now, const shared_plan& next) {
  return follow(now, next, untouched(*now));
}

refusal refused(const shared_plan& now, const shared_plan& next, const std::vector<section_standing>& standings) {
  return std::get<refusal>(renumber(*now, *next, standings, at(0)));
}

std::uint32_t number_of(const shared_plan& plan, const char* guid) {
  return plan->find_seat(guid).value().seat.value();
}

} // namespace

SCENARIO("seats keep their numbers wherever the plan puts them in their section") {
  auto first = plan_of({row_of("a", {"A1", "A2", "A3", "A4"}), row_of("b", {"B1"})});
  GIVEN("a plan that drops one seat, adds one and turns the others round") {
    auto second = follow(first, plan_of({row_of("a", {"A4", "new", "A3", "A1"}), row_of("b", {"B1"})}));
    REQUIRE(second != nullptr);
    THEN("numbers mean what they meant, and the dropped one means nobody else") {
      CHECK_EQ(number_of(second, "A1"), 0u);
      CHECK_EQ(number_of(second, "A3"), 2u);
      CHECK_EQ(number_of(second, "A4"), 3u);
      CHECK_EQ(number_of(second, "new"), 4u);
      CHECK(!second->find_seat("A2"));
      const auto& section = second->section(section_no{0});
      CHECK(!section.has(seat_no{1}));
      CHECK_EQ(section.numbers_given(), 5u);
      CHECK_EQ(section.number_at(plan_index{0}), seat_no{3});
      CHECK_EQ(second->guid({section_no{0}, seat_no{1}}), "A2");
      CHECK_EQ(second->capacity(), 5u);
    }
    THEN("a seat that comes back gets its old number") {
      auto third = follow(second, first);
      REQUIRE(third != nullptr);
      CHECK_EQ(number_of(third, "A2"), 1u);
      CHECK(!third->find_seat("new"));
      CHECK_EQ(third->guid({section_no{0}, seat_no{4}}), "new");
    }
  }
}

SCENARIO("sections keep their numbers in whatever order the plan lists them") {
  auto first = plan_of({row_of("a", {"A1"}), row_of("b", {"B1"}), floor_of(3)});
  auto second = follow(first, plan_of({floor_of(3), row_of("c", {"C1"}), row_of("b", {"B1"})}));
  REQUIRE(second != nullptr);
  CHECK((second->order() == std::vector{section_no{2}, section_no{3}, section_no{1}}));
  CHECK(second->find_section("b") == section_no{1});
  CHECK(!second->find_section("a"));
  CHECK_EQ(second->section(section_no{0}).capacity(), 0u);
  CHECK_EQ(second->guid({section_no{0}, seat_no{0}}), "A1");
  CHECK_EQ(second->guid({section_no{2}, seat_no{1}}), "floor:2");
  auto third = follow(second, first);
  REQUIRE(third != nullptr);
  CHECK(third->find_section("a") == section_no{0});
}

SCENARIO("numbers that follow from the plan alone are not kept") {
  auto first = plan_of({row_of("a", {"A1", "A2"})});
  auto more =
      renumber(*first, *plan_of({row_of("a", {"A1", "A2", "A3"}), row_of("b", {"B1"})}), untouched(*first), at(0));
  REQUIRE(std::holds_alternative<plan_numbering>(more));
  CHECK(std::get<plan_numbering>(more).empty());
}

SCENARIO("a numbering is good for the plan that it was made for and for no other") {
  auto first = plan_of({row_of("a", {"A1", "A2"}), floor_of(3)});
  auto next = plan_of({row_of("a", {"A2"}), floor_of(2)});
  auto numbering = std::get<plan_numbering>(renumber(*first, *next, untouched(*first), at(0)));
  CHECK(with_numbers(next, numbering) != nullptr);
  CHECK(with_numbers(plan_of({row_of("a", {"A3"}), floor_of(2)}), numbering) == nullptr);
  CHECK(with_numbers(plan_of({row_of("a", {"A2"}), floor_of(3)}), numbering) == nullptr);
  CHECK(with_numbers(plan_of({row_of("a", {"A2"}), row_of("b", {"B1"}), floor_of(2)}), numbering) == nullptr);
}

SCENARIO("a plan is refused when a seat is in its way, and the seats are named") {
  auto now = plan_of({row_of("a", {"A1", "A2", "A3", "A4", "A5"}), row_of("b", {"B1"})});
  auto standings = untouched(*now);
  at_seat(standings, *now, "A1").state = seat_state::sold;
  at_seat(standings, *now, "A2") = {seat_state::held, at(61)};
  at_seat(standings, *now, "A3") = {seat_state::paying, at(30)};
  at_seat(standings, *now, "A4").state = seat_state::blocked;
  THEN("those that are sold and held must stay in their section") {
    auto why = refused(now, plan_of({row_of("b", {"B1", "A2", "A5"})}), standings);
    CHECK(why.reason == rejection::plan_in_use);
    CHECK((why.guids == std::vector<std::string>{"A1", "A2", "A3"}));
    CHECK_EQ(why.detail, "Of the seats that the new plan drops or moves to another section, 1 are sold, 2 are held and "
                         "0 are blocked: A1, A2, A3. The holds end within 2 minutes, unless they are paid for.");
  }
  THEN("a blocked one may be dropped, but not moved to another section") {
    CHECK(follow(now, plan_of({row_of("a", {"A3", "A2", "A1"}), row_of("b", {"B1"})}), standings) != nullptr);
    auto why = refused(now, plan_of({row_of("a", {"A3", "A2", "A1"}), row_of("b", {"A4", "B1"})}), standings);
    CHECK((why.guids == std::vector<std::string>{"A4"}));
    CHECK(why.detail.find("Unblock") != std::string::npos);
  }
  THEN("free ones go where the plan wants them") {
    auto next = follow(now, plan_of({row_of("a", {"A1", "A2", "A3"}), row_of("b", {"A5", "B1"})}), standings);
    REQUIRE(next != nullptr);
    CHECK(next->find_seat("A5")->section == section_no{1});
    CHECK_EQ(number_of(next, "A5"), 1u);
  }
}

SCENARIO("a refusal names a bounded number of seats") {
  std::vector<std::string> guids;
  for (int i = 0; i < 500; ++i)
    guids.push_back("A" + std::to_string(i));
  auto now = plan_of({row_of("a", guids)});
  std::vector<section_standing> standings{section_standing(500, {seat_state::sold, {}})};
  auto why = refused(now, plan_of({row_of("b", {"B1"})}), standings);
  CHECK_EQ(why.guids.size(), named_seats_max);
  CHECK(why.detail.find(": A0, A1, A2, A3, A4, A5, A6, A7, A8, A9 and ") != std::string::npos);
  CHECK(why.detail.find("500 are sold") != std::string::npos);
}

SCENARIO("a floor gives up places that nobody misses") {
  auto now = plan_of({floor_of(4)});
  auto standings = untouched(*now);
  at_seat(standings, *now, "floor:1").state = seat_state::blocked;
  at_seat(standings, *now, "floor:4").state = seat_state::sold;
  THEN("first free ones, then blocked ones, and never one that is sold") {
    auto two = follow(now, plan_of({floor_of(2)}), standings);
    REQUIRE(two != nullptr);
    CHECK(two->find_seat("floor:4") && two->find_seat("floor:1") && !two->find_seat("floor:2"));
    auto one = follow(now, plan_of({floor_of(1)}), standings);
    REQUIRE(one != nullptr);
    CHECK(one->find_seat("floor:4") && !one->find_seat("floor:1"));
    CHECK_EQ(one->capacity(), 1u);
  }
  THEN("places that come back have the numbers of free ones that went") {
    auto two = follow(now, plan_of({floor_of(2)}), standings);
    auto again = follow(two, plan_of({floor_of(5)}), standings);
    REQUIRE(again != nullptr);
    CHECK_EQ(again->section(section_no{0}).numbers_given(), 5u);
  }
  THEN("a floor cannot become seats while a place is sold") {
    auto why = refused(now, plan_of({row_of("floor", {"F1"})}), standings);
    CHECK((why.guids == std::vector<std::string>{"floor:4"}));
  }
}

SCENARIO("an event does not run out of numbers by surprise") {
  auto now = plan_of({floor_of(static_cast<std::uint32_t>(numbers_max))});
  auto why = refused(now, plan_of({row_of("a", {"A1"})}), untouched(*now));
  CHECK(why.reason == rejection::bad_request);
}

SCENARIO("a floor swallows no seats that are called as its places") {
  auto first = plan_of({row_of("floor", {"floor:1", "floor:2", "floor:3"})});
  auto floor = plan_of({floor_of(3)});
  auto standings = untouched(*first);
  at_seat(standings, *first, "floor:1") = {seat_state::sold, {}};
  at_seat(standings, *first, "floor:2") = {seat_state::held, at(60)};
  auto why = refused(first, floor, standings);
  CHECK(why.reason == rejection::plan_in_use);
  CHECK((why.guids == std::vector<std::string>{"floor:1", "floor:2"}));
  auto next = follow(first, floor);
  REQUIRE(next != nullptr);
  auto place = seat_place{section_no{0}, next->section(section_no{0}).number_at(plan_index{0})};
  standings = untouched(*next);
  standings[0][place.seat.value()] = {seat_state::sold, {}};
  CHECK(refused(next, first, standings).reason == rejection::plan_in_use);
}

SCENARIO("no seat may be called as a place that a floor has had for long") {
  auto first = plan_of({floor_of(3)});
  auto standings = untouched(*first);
  standings[0][2] = {seat_state::sold, {}};
  auto next = plan_of({floor_of(1), row_of("a", {"floor:3"})});
  auto why = refused(first, next, standings);
  CHECK(why.reason == rejection::bad_request);
  CHECK(why.detail.find("floor:3") != std::string::npos);
}

SCENARIO("a section whose id was made from its name is known by its seats") {
  auto made_up = [](const std::string& id, const std::vector<std::string>& guids) {
    auto section = row_of(id, guids);
    section.id_is_made_up = true;
    return section;
  };
  GIVEN("a section that gets another name, with seats sold and blocked") {
    auto first = plan_of({made_up("screen-lumen", {"a1", "a2", "a3"}), made_up("bar", {"b1"})});
    auto standings = untouched(*first);
    at_seat(standings, *first, "a1") = {seat_state::sold, {}};
    at_seat(standings, *first, "a3") = {seat_state::blocked, {}};
    THEN("nobody moves") {
      auto second =
          follow(first, plan_of({made_up("bar", {"b1"}), made_up("screen-4", {"a1", "a2", "a3"})}), standings);
      REQUIRE(second != nullptr);
      CHECK(second->find_section("screen-4") == section_no{0});
      CHECK(!second->find_section("screen-lumen"));
      CHECK_EQ(number_of(second, "a3"), 2u);
      CHECK(second->find_section("bar") == section_no{1});
    }
    THEN("a new section of the old name is another one") {
      auto second =
          follow(first, plan_of({made_up("screen-4", {"a1", "a2", "a3"}), made_up("screen-lumen", {"c1"})}), standings);
      REQUIRE(second != nullptr);
      CHECK(second->find_section("screen-4") == section_no{0});
      CHECK(second->find_section("screen-lumen") == section_no{2});
    }
    THEN("one that is split stays where its sold seats are") {
      auto second =
          follow(first, plan_of({made_up("big", {"a2", "x", "y"}), made_up("small", {"a1", "a3"})}), standings);
      REQUIRE(second != nullptr);
      CHECK(second->find_section("small") == section_no{0});
    }
    THEN("a name that comes back in the place of another leaves both their numbers") {
      auto second = follow(first, plan_of({made_up("screen-4", {"a1", "a2", "a3"})}), standings);
      auto third = follow(second, plan_of({made_up("bar", {"a1", "a2", "a3"}), made_up("foyer", {"b1"})}),
                          {standings[0], section_standing(1)});
      REQUIRE(third != nullptr);
      CHECK(third->find_section("bar") == section_no{0});
      CHECK(third->find_section("foyer") == section_no{2});
    }
  }
  GIVEN("two sections of one name, one of whose seats is sold, that change places") {
    auto first = plan_of({made_up("stand", {"r1", "r2"}), made_up("stand-2", {"l1", "l2"})});
    auto standings = untouched(*first);
    at_seat(standings, *first, "l1") = {seat_state::sold, {}};
    THEN("they keep their numbers") {
      auto second =
          follow(first, plan_of({made_up("stand", {"l1", "l2"}), made_up("stand-2", {"r1", "r2"})}), standings);
      REQUIRE(second != nullptr);
      CHECK(second->find_section("stand") == section_no{1});
      CHECK(second->find_section("stand-2") == section_no{0});
      auto place = second->find_seat("l1").value();
      CHECK(place.section == section_no{1});
      CHECK(place.seat == seat_no{0});
    }
  }
  GIVEN("sections whose ids are given") {
    auto first = plan_of({row_of("a", {"a1"}), row_of("b", {"b1"})});
    auto standings = untouched(*first);
    at_seat(standings, *first, "a1") = {seat_state::sold, {}};
    THEN("a sold seat does not follow its seats into another of them") {
      CHECK(refused(first, plan_of({row_of("a", {"b1"}), row_of("b", {"a1"})}), standings).reason
            == rejection::plan_in_use);
    }
  }
}
