#define CAF_SUITE bench.halls

#include "bench/halls.hpp"

#include <boost/json.hpp>
#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

#include <set>
#include <string>
#include <tuple>

using namespace usher::bench;

SCENARIO("halls have enough seats, and no buyer comes near the limit in any event") {
  CHECK(rc::check("any number of buyers and seats", [] {
    auto buyers = *rc::gen::inRange<std::size_t>(1, 20'000);
    auto seats = *rc::gen::inRange<std::size_t>(1, 1'000'000);
    auto all = halls_for(buyers, seats);
    RC_ASSERT(all.seats() >= seats);
    RC_ASSERT(all.seats_per_section <= 1'000u);
    RC_ASSERT(all.seats_per_event() <= 50'000u);
    // Rounding up to equal sections costs less than one seat per section.
    RC_ASSERT(all.seats_per_event() < buyers * 500 + all.sections);
  }));
}

SCENARIO("counting through the seats meets each once") {
  GIVEN("three events of two sections of five") {
    halls all{.run = "run", .events = 3, .sections = 2, .seats_per_section = 5};
    std::set<std::tuple<std::size_t, std::size_t, std::size_t>> met;
    for (std::size_t i = 0; i < all.seats(); ++i) {
      auto seat = seat_at(all, i);
      CHECK(seat.event < all.events && seat.section < all.sections && seat.seat < all.seats_per_section);
      met.emplace(seat.event, seat.section, seat.seat);
    }
    THEN("all thirty are different") {
      CHECK_EQ(met.size(), 30u);
    }
  }
}

SCENARIO("the body of an event has a plan with every seat under its name") {
  GIVEN("a hall of two sections of sixty") {
    halls all{.run = "run", .events = 1, .sections = 2, .seats_per_section = 60};
    auto body = boost::json::parse(event_body(all));
    std::set<std::string> guids;
    for (const auto& zone : body.at("plan").at("zones").as_array())
      for (const auto& row : zone.at("rows").as_array())
        for (const auto& seat : row.at("seats").as_array())
          guids.insert(std::string(seat.at("seat_guid").as_string()));
    THEN("the guids that are asked for are in it") {
      CHECK_EQ(guids.size(), 120u);
      for (std::size_t i = 0; i < all.seats(); ++i) {
        std::string guid;
        append_guid(guid, seat_at(all, i));
        CHECK(guids.contains(guid));
      }
    }
  }
}
