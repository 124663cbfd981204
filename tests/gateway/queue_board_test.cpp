#define CAF_SUITE gateway.queue_board

#include "gateway/queue_board.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace std::chrono_literals;
using gateway::estimate;
using gateway::telling_period;

namespace {

/// Of 1,000 numbers 100 have been called; half of the others have left, and half of those who wait are there.
messages::queue_moved half_full(std::uint32_t admission_per_s) {
  return {domain::event_id{"rock"},
          domain::queue_state::waiting,
          {.joined = 1'000, .serving = 100, .waiting = 450, .present = 225},
          admission_per_s};
}

domain::queue_place told(std::uint64_t number, std::uint32_t admission_per_s) {
  return estimate(half_full(admission_per_s), domain::queue_number{number});
}

} // namespace

SCENARIO("where somebody stands follows from how full the queue is") {
  CHECK_EQ(told(301, 10).number.value(), 301u);
  CHECK_EQ(told(301, 10).ahead, 100u);
  CHECK(told(301, 10).eta_low == 5s);
  CHECK(told(301, 10).eta_high == 12s);
  CHECK(told(1'000, 1).poll_after == 22s);
}

SCENARIO("who was called while away goes in next") {
  for (auto number : {1u, 100u, 101u}) {
    CHECK_EQ(told(number, 10).ahead, 0u);
    CHECK(told(number, 10).eta_low == 0s);
  }
}

SCENARIO("those who wait long are told seldom") {
  CHECK(telling_period(0s) == 1s);
  CHECK(telling_period(100s) == 5s);
  CHECK(telling_period(3'600s) == 30s);
}
