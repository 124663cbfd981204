#define CAF_SUITE cluster.member_watch

#include "cluster/member_watch.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <random>

using namespace usher;
using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

constexpr incarnation::representation one = 1;

tick at(std::chrono::milliseconds time) {
  return tick{} + 1h + time;
}

membership with_beat(std::uint64_t beat) {
  membership all;
  all.members.push_back({incarnation{one}, {}, node_status::up, beat, {}, {}});
  return all;
}

/// Looks at a member with this beat every second in [from, to).
void look(member_watch& watch, std::uint64_t beat, std::chrono::seconds from, std::chrono::seconds to) {
  for (auto second = from; second < to; ++second)
    watch.note(with_beat(beat), at(second), at(second + 10ms));
}

} // namespace

SCENARIO("a member is silent when its beat has stood still for six seconds") {
  GIVEN("a watch that looks every second") {
    member_watch watch;
    CHECK(watch.silent(at(0s)).empty());
    CHECK(!watch.still(incarnation{one}));
    look(watch, 7, 0s, 7s);
    CHECK(watch.silent(at(6s)).empty()); // seen 10 ms after the first question
    watch.note(with_beat(7), at(7s), at(7s + 10ms));
    auto silent = watch.silent(at(7s));
    REQUIRE_EQ(silent.size(), 1u);
    CHECK((silent.front().number == incarnation{one} && silent.front().beat == 7));
    CHECK((watch.still(incarnation{one}) == 7s - 10ms));
    THEN("it is silent no more once it beats, and forgotten once it is gone") {
      watch.note(with_beat(8), at(8s), at(8s + 10ms));
      CHECK(watch.silent(at(8s)).empty());
      watch.note({}, at(9s), at(9s));
      CHECK(watch.silent(at(9s)).empty());
      CHECK(!watch.still(incarnation{one}));
    }
  }
}

SCENARIO("a watch that could not look starts over") {
  GIVEN("a beat that has stood still for five seconds, and a store that is away for three") {
    member_watch watch;
    look(watch, 7, 0s, 6s);
    CHECK(watch.silent(at(9s)).empty());
    look(watch, 7, 9s, 15s);
    CHECK(watch.silent(at(14s)).empty());
    watch.note(with_beat(7), at(15s + 100ms), at(15s + 200ms));
    CHECK_EQ(watch.silent(at(15s + 200ms)).size(), 1u);
    THEN("what was true once is not said when the last look is long ago") {
      CHECK(watch.silent(at(18s)).empty());
    }
  }
  GIVEN("answers that take long") {
    member_watch watch;
    for (auto second = 0s; second < 20s; second += 3s)
      watch.note(with_beat(7), at(second), at(second + 2'500ms));
    THEN("the time between an answer and the next question counts as looked at") {
      CHECK_EQ(watch.silent(at(19s)).size(), 1u);
    }
  }
}

SCENARIO("nobody is called silent who has beaten in the last six seconds, however late the watch hears of it") {
  GIVEN("beats and looks at random moments, with answers that are delayed or lost") {
    std::size_t called = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      std::mt19937_64 draw{seed};
      auto until = [&draw](int most) { return std::chrono::milliseconds{draw() % static_cast<std::uint64_t>(most)}; };
      member_watch watch;
      std::uint64_t beat = 0;
      auto last_beat = 0ms;
      auto next_beat = 0ms;
      auto next_look = 0ms;
      for (auto now = 0ms; now < 60s; now += 10ms) {
        if (now >= next_beat) {
          ++beat;
          last_beat = now;
          next_beat = now + 500ms + until(seed % 2 == 0 ? 2'000 : 12'000);
        }
        if (now >= next_look) {
          auto read = now + until(200); // the store is read between question and answer
          auto answered = read + until(200);
          // The beat at that moment is this one unless another comes before it.
          if (draw() % 5 != 0 && (next_beat > read))
            watch.note(with_beat(beat), at(now), at(answered));
          next_look = answered + until(1'500);
        }
        for (const auto& silent : watch.silent(at(now))) {
          ++called;
          if (silent.beat == beat)
            CHECK_GE((now - last_beat).count(), 5'990);
        }
      }
    }
    CHECK_GT(called, 0u);
  }
}
