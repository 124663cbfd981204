#define CAF_SUITE bench.popularity

#include "crowd/popularity.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

using namespace usher::crowd;

SCENARIO("the same seed and buyer make the same choices") {
  CHECK(rc::check("any seed and buyer", [](std::uint64_t seed, std::uint64_t buyer) {
    popularity wanted(100, 1.0);
    chance first(seed, buyer);
    chance again(seed, buyer);
    for (int i = 0; i < 20; ++i)
      RC_ASSERT(wanted.draw(first) == wanted.draw(again));
  }));
}

SCENARIO("the choices of a seed are the same on every machine") {
  GIVEN("seed 1, buyer 1") {
    chance by(1, 1);
    std::vector<std::size_t> drawn;
    for (int i = 0; i < 6; ++i)
      drawn.push_back(by.below(1'000));
    THEN("they are these") {
      CHECK_EQ(drawn, (std::vector<std::size_t>{716, 746, 928, 853, 705, 828}));
    }
  }
}

SCENARIO("neighbouring buyers have nothing in common") {
  GIVEN("the first draws of a thousand buyers of one seed") {
    double sum = 0;
    for (std::uint64_t buyer = 0; buyer < 1'000; ++buyer)
      sum += chance(7, buyer).unit();
    THEN("they are spread evenly") {
      CHECK(std::abs(sum / 1'000 - 0.5) < 0.05);
    }
  }
}

SCENARIO("the first ranks are drawn most, as Zipf's law says") {
  GIVEN("100,000 draws of ten ranks with steepness 1") {
    popularity wanted(10, 1.0);
    chance by(42, 0);
    std::vector<double> counts(10);
    for (int i = 0; i < 100'000; ++i)
      counts[wanted.draw(by)] += 1;
    THEN("rank r is drawn 1 / (r + 1) as often as the first") {
      for (std::size_t rank = 1; rank < counts.size(); ++rank)
        CHECK(std::abs(counts[rank] * static_cast<double>(rank + 1) / counts[0] - 1) < 0.05);
    }
  }
}
