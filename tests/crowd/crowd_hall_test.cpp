#define CAF_SUITE bench.crowd_hall

#include "crowd/hall.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

#include <map>
#include <string>

using namespace usher::crowd;

namespace {

crowd_hall hall_of(std::size_t sections) {
  std::vector<crowd_section> made(sections);
  for (std::size_t i = 0; i < sections; ++i)
    made[i].id = '"' + std::to_string(i) + '"';
  return {std::move(made), 0.9, 0.7};
}

} // namespace

SCENARIO("chosen seats are free, side by side, and no more than wanted") {
  CHECK(rc::check("any section", [] {
    auto status = *rc::gen::container<std::string>(rc::gen::element('.', '.', 'H', 'S', 'B'));
    auto quantity = *rc::gen::inRange<std::size_t>(1, 6);
    chance by(*rc::gen::arbitrary<std::uint64_t>(), 0);
    auto hall = hall_of(1);
    auto chosen = hall.choose_seats(by, status, quantity);
    RC_ASSERT(chosen.size() <= quantity);
    RC_ASSERT(chosen.empty() == (status.find('.') == status.npos));
    for (auto seat : chosen)
      RC_ASSERT(status[seat] == '.');
    for (std::size_t i = 1; i < chosen.size(); ++i)
      RC_ASSERT(chosen[i] == chosen[i - 1] + 1);
  }));
}

SCENARIO("the same buyer of the same seed chooses the same seats") {
  CHECK(rc::check("any seed", [](std::uint64_t seed, std::uint64_t buyer) {
    auto hall = hall_of(40);
    std::string status(500, '.');
    auto choices = [&] {
      chance by(seed, buyer);
      std::vector<std::size_t> made{hall.choose_section(by)};
      for (auto seat : hall.choose_seats(by, status, 4))
        made.push_back(seat);
      return made;
    };
    RC_ASSERT(choices() == choices());
  }));
}

SCENARIO("many buyers want the same seats") {
  GIVEN("a thousand buyers who choose one seat of an empty section of a hundred") {
    auto hall = hall_of(1);
    std::string status(100, '.');
    std::map<std::size_t, int> wanted;
    for (std::uint64_t buyer = 0; buyer < 1'000; ++buyer) {
      chance by(1, buyer);
      ++wanted[hall.choose_seats(by, status, 1).at(0)];
    }
    THEN("the first seat is wanted several times as often as the last one") {
      CHECK(wanted[0] > 4 * std::max(1, wanted[99]));
    }
  }
}
