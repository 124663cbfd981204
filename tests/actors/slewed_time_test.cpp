#define CAF_SUITE actors.slewed_time

#include "actors/slewed_time.hpp"
#include "actors/store_clock.hpp"
#include "tests/support/memory_store.hpp"

#include <caf/detail/test_actor_clock.hpp>
#include <caf/test/bdd_dsl.hpp>
#include <caf/test/dsl.hpp>

#include <thread>

using namespace usher;
using namespace usher::actors;
using namespace usher::tests;
using namespace std::chrono_literals;
using domain::microseconds;

namespace {

/// A process that began when both clocks said the same, and asks the store every second.
struct fixture {
  static constexpr domain::instant start{std::chrono::hours{24 * 365 * 50}};

  slewed_time time{start, 0us};
  microseconds here{0};
  microseconds ahead{0}; ///< by how much the store's clock is ahead of an exact one

  domain::instant now() const { return time.at(here); }
  /// By how much the process's time is ahead of an exact clock.
  microseconds gained() const { return now() - start - here; }

  /// An answer that took `round_trip`, and was as slow in one direction as `there_and_back` says.
  clock_verdict ask(microseconds round_trip = 100us, microseconds asked_late = 0us) {
    auto asked = here;
    here += round_trip;
    return time.take({start + asked + round_trip / 2 + asked_late + ahead, asked, here});
  }

  clock_verdict ask_for(std::chrono::seconds how_long) {
    auto last = clock_verdict::followed;
    for (auto i = 0s; i < how_long; ++i) {
      last = ask();
      here += 1s;
    }
    return last;
  }
};

/// A store that knows when its newest fact was decided.
struct old_store : memory_store {
  old_store(std::shared_ptr<memory_books> books, std::optional<domain::instant> at)
      : memory_store(std::move(books)), newest(at) {}
  std::optional<domain::instant> newest_fact_at() override { return newest; }
  std::optional<domain::instant> newest;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a clock that agrees changes nothing") {
  CHECK(ask_for(60s) == clock_verdict::followed);
  CHECK_EQ(gained().count(), 0);
}

SCENARIO("a store that is a little ahead is followed slowly") {
  ahead = 100ms;
  ask();
  auto before = gained();
  here += 1s;
  CHECK_EQ((gained() - before).count(), 500);
  CHECK(ask_for(100s) == clock_verdict::followed);
  CHECK_LT(gained().count(), 52'000);
  ask_for(110s);
  CHECK_EQ(gained().count(), 100'000);
  CHECK_EQ(time.difference().count(), 0);
}

SCENARIO("a store that is a little behind never takes the time back") {
  ahead = -400ms;
  auto last = now();
  for (int i = 0; i < 20'000; ++i) {
    if (i % 1'000 == 0)
      ask(100us);
    here += 100us;
    CHECK_GE(now().time_since_epoch().count(), last.time_since_epoch().count());
    last = now();
  }
  CHECK_LT(gained().count(), 0);
  ask_for(900s);
  CHECK_EQ(gained().count(), -400'000);
}

SCENARIO("the quickest of the newest answers counts") {
  ahead = 10ms;
  ask(200us);
  for (int i = 0; i < 9; ++i) {
    here += 1s;
    ask(400ms, 190ms); // slow in one direction, and so wrong by 190 ms
  }
  here += 300s;
  CHECK_EQ(gained().count(), 10'000);
}

SCENARIO("a step of a clock is noticed once and not followed") {
  for (auto step : {microseconds{700s}, microseconds{-700s}, microseconds{501ms}}) {
    auto before = gained();
    ahead += step;
    CHECK(ask() == clock_verdict::jumped);
    here += 1s;
    CHECK(ask_for(60s) == clock_verdict::apart);
    CHECK_EQ(gained().count(), before.count());
    ahead -= step;
    CHECK(ask() == clock_verdict::agrees);
    CHECK(ask() == clock_verdict::followed);
  }
}

SCENARIO("a second step on top of the first is noticed, too") {
  ahead = 10s;
  CHECK(ask() == clock_verdict::jumped);
  ahead = 25s;
  CHECK(ask() == clock_verdict::jumped);
  CHECK(ask() == clock_verdict::apart);
  CHECK_EQ(gained().count(), 0);
}

SCENARIO("half a second is followed, and what a slow answer explains is no step") {
  ahead = 499ms;
  CHECK(ask() == clock_verdict::followed);
  ahead = 0ms;
  CHECK(ask(3s, 1'200ms) == clock_verdict::followed);
  CHECK(ask(3s, 2'200ms) == clock_verdict::jumped); // later than it was answered
}

SCENARIO("whoever reads while it is corrected gets one of both times, and nothing else") {
  std::atomic<bool> over{false};
  std::atomic<std::int64_t> worst{0};
  std::jthread reader{[&] {
    while (!over)
      worst = std::max(worst.load(), std::abs((time.at(1s) - start - 1s).count()));
  }};
  for (int i = 0; i < 200'000; ++i)
    time.take({start + (i % 2 == 0 ? 400ms : -400ms), 0us, 0us});
  over = true;
  reader.join();
  CHECK_LE(worst.load(), 500); // a second's slew
}

SCENARIO("time does not begin before the store's newest fact") {
  auto books = std::make_shared<memory_books>();
  caf::detail::test_actor_clock clock;
  books->set_now(start);
  for (auto [newest, first] :
       {std::pair{std::optional{start + 700s}, start + 700s}, std::pair{std::optional{start - 700s}, start},
        std::pair{std::optional<domain::instant>{}, start}}) {
    old_store store{books, newest};
    auto measured = store_clock::measure(store, clock);
    auto begun = measured.at(clock.now());
    CHECK_GE(begun.time_since_epoch().count(), first.time_since_epoch().count());
    CHECK_LT((begun - first).count(), microseconds{10s}.count());
  }
}

SCENARIO("copies of a store's clock are one clock") {
  store_clock first{start, caf::actor_clock::time_point{}};
  auto second = first;
  first.take({start + 100ms, 0us, 0us});
  caf::actor_clock::time_point later{1s};
  CHECK_EQ((second.at(later) - start).count(), 1'000'500);
}

END_FIXTURE_SCOPE()
