#define CAF_SUITE gateway.wish

#include "codec/wish.hpp"
#include "tests/codec/hall.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::codec;
using namespace usher::tests;

namespace {

const auto hall = small_hall();

codec::resolved_wish resolved(const codec::places_wish& wish) {
  auto result = codec::resolve(wish, *hall);
  if (auto* what = std::get_if<codec::problem>(&result))
    CAF_FAIL(what->pointer << " " << what->detail);
  return std::get<codec::resolved_wish>(result);
}

codec::problem refused(const codec::places_wish& wish) {
  auto result = codec::resolve(wish, *hall);
  if (!std::holds_alternative<codec::problem>(result))
    CAF_FAIL("granted");
  return std::get<codec::problem>(result);
}

} // namespace

SCENARIO("named seats are sorted by section") {
  GIVEN("seats of two sections in any order") {
    THEN("each section has its own, ascending") {
      auto wish = resolved(codec::named_seats{{"B-2", "S-B-1", "S-A-2"}});
      CHECK(!wish.best_anywhere);
      CHECK_EQ(wish.sections.size(), 2u);
      CHECK(wish.sections[0].section == domain::section_no{0});
      CHECK(std::get<domain::seats_wish>(wish.sections[0].wanted).seats
            == std::vector({domain::seat_no{1}, domain::seat_no{4}}));
      CHECK(wish.sections[1].section == domain::section_no{1});
      CHECK(!codec::only_section(wish));
      CHECK(codec::only_section(resolved(codec::named_seats{{"B-2"}})) == domain::section_no{1});
    }
  }
}

SCENARIO("seats that cannot be are refused where they stand") {
  GIVEN("unknown and doubled seats") {
    THEN("the pointer is theirs") {
      auto unknown = refused(codec::named_seats{{"S-A-1", "S-Z-9"}});
      CHECK(unknown.reason == domain::rejection::not_found);
      CHECK_EQ(unknown.pointer, "/seats/1");
      CHECK_EQ(unknown.seats, std::vector<std::string>{"S-Z-9"});
      auto twice = refused(codec::named_seats{{"S-A-2", "S-A-1", "S-A-2"}});
      CHECK(twice.reason == domain::rejection::bad_request);
      CHECK_EQ(twice.pointer, "/seats/2");
    }
  }
}

SCENARIO("a place of a floor cannot be named") {
  auto why = refused(codec::named_seats{{"S-A-1", "floor:3"}});
  CHECK(why.reason == domain::rejection::bad_request);
  CHECK_EQ(why.pointer, "/seats/1");
}

SCENARIO("quantities are for floors") {
  GIVEN("a floor and the stalls") {
    THEN("only the floor is sold by quantity") {
      auto wish = resolved(codec::places_in_section{"floor", 3});
      CHECK_EQ(std::get<domain::quantity_wish>(wish.sections.at(0).wanted).quantity, 3u);
      CHECK(refused(codec::places_in_section{"stalls", 3}).reason == domain::rejection::bad_request);
      CHECK(refused(codec::places_in_section{"nowhere", 3}).reason == domain::rejection::not_found);
    }
  }
}

SCENARIO("best is anywhere, in a section, or in a category") {
  GIVEN("wishes for the best") {
    THEN("sections become numbers, and categories stay names") {
      auto anywhere = resolved(codec::best_places{2, "Silver", std::nullopt});
      CHECK(anywhere.sections.empty());
      CHECK_EQ(anywhere.best_anywhere.value().quantity, 2u);
      CHECK_EQ(anywhere.category, "Silver");
      auto here = resolved(codec::best_places{2, std::nullopt, "balcony"});
      CHECK_EQ(std::get<domain::best_wish>(here.sections.at(0).wanted).quantity, 2u);
      auto floor = resolved(codec::best_places{2, "Floor", "floor"});
      CHECK(std::holds_alternative<domain::quantity_wish>(floor.sections.at(0).wanted));
      CHECK_EQ(refused(codec::best_places{2, "Gold", "floor"}).pointer, "/best/category");
      CHECK_EQ(refused(codec::best_places{2, "Tin", std::nullopt}).pointer, "/best/category");
      CHECK_EQ(refused(codec::best_places{2, "Gold", "nowhere"}).pointer, "/best/section");
    }
  }
}

SCENARIO("a repeat is told from another wish") {
  GIVEN("wishes that are nearly equal") {
    THEN("their digests differ, and only the order of seats does not count") {
      CHECK_EQ(codec::wish_digest(codec::named_seats{{"a", "b"}}), codec::wish_digest(codec::named_seats{{"b", "a"}}));
      CHECK_NE(codec::wish_digest(codec::named_seats{{"a", "b"}}), codec::wish_digest(codec::named_seats{{"a", "c"}}));
      CHECK_NE(codec::wish_digest(codec::named_seats{{"a", "bc"}}),
               codec::wish_digest(codec::named_seats{{"ab", "c"}}));
      CHECK_NE(codec::wish_digest(codec::named_seats{{"a"}}), codec::wish_digest(codec::named_seats{{"a", "a"}}));
      CHECK_NE(codec::wish_digest(codec::places_in_section{"a", 1}),
               codec::wish_digest(codec::places_in_section{"a", 2}));
      CHECK_NE(codec::wish_digest(codec::best_places{1, "a", std::nullopt}),
               codec::wish_digest(codec::best_places{1, std::nullopt, "a"}));
      CHECK_NE(codec::wish_digest(codec::best_places{1, std::nullopt, std::nullopt}),
               codec::wish_digest(codec::best_places{1, "a", std::nullopt}));
      CHECK_NE(codec::wish_digest(codec::best_places{1, std::nullopt, "a"}),
               codec::wish_digest(codec::places_in_section{"a", 1}));
    }
  }
}
