#define CAF_SUITE actors.passes

#include "tests/actors/room_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

#include <malloc.h>

using namespace usher;
using namespace usher::tests;
using domain::event_state;
using domain::queue_state;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool heap_is_counted = false; // its allocator bypasses the C library, so the heap cannot be measured
#else
constexpr bool heap_is_counted = true;
#endif

constexpr int crowd = 100'000;
constexpr int at_once = 10'000;

/// A room that lets in a crowd within a second, and then waits for somebody to be done.
struct crowded : room_fixture {
  crowded() { start(open_at(crowd, crowd), {.journal = {}, .pass_ttl = domain::seconds{60}}); }

  /// Lets that many new people come, at most a block of numbers at once.
  void come(int people) {
    for (auto last = came + people; came < last; came += at_once)
      join_many(came, came + at_once);
  }

  domain::waiting_room::figures count() {
    auto figures = ask<domain::waiting_room::figures>(room, messages::count_people{});
    settle();
    return figures->reply.value();
  }

  /// What the heap holds, without what the gateway remembers hearing, which is not the room's.
  std::size_t heap() {
    *gateway_heard = {};
    auto bytes = mallinfo2().uordblks;
    CHECK_EQ(bytes > 0, heap_is_counted);
    return bytes;
  }

  int came = 0;
};

} // namespace

BEGIN_FIXTURE_SCOPE(crowded)

SCENARIO("a hundred thousand passes that lapse make room for as many people") {
  GIVEN("twice as many people as may shop at once") {
    come(2 * crowd);
    pass(2s, 20ms);
    CHECK_EQ(count().shopping, std::uint64_t{crowd});
    CHECK_EQ(count().waiting, std::uint64_t{crowd});
    WHEN("nobody buys, and the passes lapse") {
      pass(57s, 1s);
      CHECK_EQ(count().waiting, std::uint64_t{crowd});
      auto at_most = std::uint64_t{0};
      for (int i = 0; i < 150; ++i) {
        pass(20ms, 20ms);
        at_most = std::max(at_most, count().shopping);
      }
      THEN("the others are in, and never were more than the cap") {
        CHECK_EQ(at_most, std::uint64_t{crowd});
        CHECK_EQ(count().shopping, std::uint64_t{crowd});
        CHECK_EQ(count().waiting, 0u);
        CHECK(place(0)->reply->state == queue_state::expired);
        CHECK(place(crowd)->reply->state == queue_state::admitted);
      }
    }
  }
}

SCENARIO("people who come and let their passes lapse do not pile up") {
  GIVEN("a crowd after the other, each of other people") {
    std::size_t settled = 0;
    for (int round = 1; round <= 6; ++round) {
      come(crowd);
      pass(2s, 100ms);
      pass(60s, 1s);
      REQUIRE_EQ(count().shopping, 0u);
      if (round == 3)
        settled = heap();
    }
    THEN("three more crowds take no more memory than those before") {
      CHECK_LE(heap(), settled + 4'000'000);
    }
  }
}

SCENARIO("people who come, and are done at once, do not pile up") {
  GIVEN("a crowd after the other within the time of one pass") {
    std::size_t settled = 0;
    for (int round = 1; round <= 6; ++round) {
      auto first = came;
      come(crowd);
      pass(2s, 100ms);
      for (int i = first; i < came; ++i)
        caf::anon_send(room, messages::leave_queue{{}, event, buyer(i)});
      settle();
      REQUIRE_EQ(count().shopping, 0u);
      if (round == 2)
        settled = heap();
    }
    THEN("four more crowds take no more memory than those before") {
      CHECK_LE(heap(), settled + 4'000'000);
    }
  }
}

END_FIXTURE_SCOPE()
