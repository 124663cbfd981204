#define CAF_SUITE gateway.queue_board

#include "gateway/ws/queue_board.hpp"

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
          {admission_per_s, std::nullopt},
          {{{domain::queue_number{101}}, {domain::queue_number{1'001}, 450, 225}}}};
}

domain::queue_place told(std::uint64_t number, std::uint32_t admission_per_s) {
  return estimate(half_full(admission_per_s), domain::queue_number{number});
}

domain::queue_place at_distance(domain::seconds eta_low) {
  domain::queue_place place;
  place.eta_low = eta_low;
  return place;
}

} // namespace

SCENARIO("numbers that nobody has, as after a restart, stand before nobody") {
  messages::queue_moved moved{domain::event_id{"rock"}, domain::queue_state::waiting, {2, std::nullopt}, {}};
  moved.line.marks = {{domain::queue_number{1}},
                      {domain::queue_number{61}, 60, 60},
                      {domain::queue_number{10'001}, 60, 60},
                      {domain::queue_number{10'011}, 70, 60}};
  auto ahead_of = [&](std::uint64_t number) { return estimate(moved, domain::queue_number{number}).ahead; };
  CHECK_EQ(ahead_of(60), 59u);
  CHECK_EQ(ahead_of(61), 60u);
  CHECK_EQ(ahead_of(10'001), 60u);
  CHECK_EQ(ahead_of(10'010), 69u);
  CHECK_EQ(ahead_of(20'000), 70u);
}

SCENARIO("while the line stands still nobody is told when their turn comes at the latest") {
  auto moved = half_full(10);
  for (auto free_places : {0u, 100u}) {
    moved.pace.free_places = free_places;
    auto place = estimate(moved, domain::queue_number{301});
    CHECK(place.eta_low == 5s);
    CHECK(!place.eta_high);
  }
  moved.pace.free_places = 101;
  CHECK(estimate(moved, domain::queue_number{301}).eta_high == 12s);
}

SCENARIO("where somebody stands follows from how full the queue is") {
  CHECK_EQ(told(301, 10).number.value(), 301u);
  CHECK_EQ(told(301, 10).ahead, 100u);
  CHECK(told(301, 10).eta_low == 5s);
  CHECK(told(301, 10).eta_high == 12s);
}

SCENARIO("who asks by and by asks the sooner, the nearer their turn") {
  auto asks_after = [](domain::seconds eta) { return gateway::poll_after(at_distance(eta), nullptr); };
  CHECK(asks_after(0s) == 1s);
  CHECK(asks_after(100s) == 10s);
  CHECK(asks_after(3'600s) == 30s);
  domain::queue_place inside;
  inside.state = domain::queue_state::admitted;
  CHECK(gateway::poll_after(inside, nullptr) == 30s);
}

SCENARIO("who asks by and by hears within a second that the event is sold out, unless very many ask") {
  auto far = at_distance(3'600s);
  auto moved = half_full(10);
  CHECK(gateway::poll_after(far, &moved) == 30s);
  moved.few_left = true;
  CHECK(gateway::poll_after(far, &moved) == 1s);
  CHECK(gateway::poll_after(at_distance(0s), &moved) == 1s);
  moved.few_left = false;
  far.state = domain::queue_state::sold_out;
  CHECK(gateway::poll_after(far, &moved) == 2s);
  CHECK(gateway::poll_after(far, nullptr) == 2s);
  moved.line.marks.back().waiting = 200'000;
  CHECK(gateway::poll_after(far, &moved) == 10s);
  moved.line.marks.back().waiting = 2'000'000;
  CHECK(gateway::poll_after(far, &moved) == 30s);
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
