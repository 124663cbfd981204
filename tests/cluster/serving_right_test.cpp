#define CAF_SUITE cluster.serving_right

#include "cluster/serving_right.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <random>
#include <vector>

using namespace usher;
using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

tick at(std::chrono::milliseconds time) {
  return tick{} + 1h + time;
}

/// Notes the time ten times a second in (from, to].
void stay_awake(serving_right& right, std::chrono::milliseconds from, std::chrono::milliseconds to) {
  for (auto now = from + 100ms; now <= to; now += 100ms)
    right.note_time(at(now));
}

} // namespace

SCENARIO("a node may answer for five seconds after it sent its last beat that was counted") {
  GIVEN("a node that is awake") {
    serving_right right;
    CHECK(!right.holds(at(0s)));
    right.note_time(at(0s));
    CHECK(!right.holds(at(0s)));
    right.note_beat(at(0s));
    CHECK(right.holds(at(0s)));
    stay_awake(right, 0s, 4'900ms);
    CHECK(right.holds(at(4'999ms)));
    right.note_time(at(5s));
    CHECK(!right.holds(at(5s)));
    right.note_beat(at(3s));
    CHECK(right.holds(at(5s)));
    right.note_beat(at(1s)); // an answer that came late takes nothing back
    CHECK(right.holds(at(5s)));
    WHEN("it has been ended") {
      right.end();
      CHECK(!right.holds(at(5s)));
    }
  }
}

SCENARIO("a node that was asleep answers nothing before it has beaten again") {
  GIVEN("a node that was stopped for two seconds") {
    serving_right right;
    right.note_time(at(0s));
    right.note_beat(at(0s));
    THEN("its first look at the clock shows it, before anything else has noticed") {
      CHECK(right.holds(at(1'500ms)));
      CHECK(!right.holds(at(1'501ms)));
    }
    right.note_time(at(2s));
    CHECK(!right.holds(at(2s)));
    THEN("a beat that was sent before the sleep does not help, one that was sent after it does") {
      right.note_beat(at(100ms));
      CHECK(!right.holds(at(2s)));
      right.note_beat(at(2s));
      CHECK(right.holds(at(2s)));
    }
  }
}

SCENARIO("a node that has joined again answers after the first beat of its next life") {
  GIVEN("a node that was ended, and has joined again at once") {
    serving_right right;
    right.note_time(at(0s));
    right.note_beat(at(0s));
    right.end();
    right.note_time(at(1s));
    right.note_beat(at(1s));
    CHECK(!right.holds(at(1s)));
    right.begin(at(1'001ms));
    THEN("no beat of its last life counts, however late its answer comes") {
      CHECK(!right.holds(at(1'001ms)));
      right.note_beat(at(1'000ms));
      CHECK(!right.holds(at(1'001ms)));
      right.note_beat(at(1'001ms));
      CHECK(right.holds(at(1'001ms)));
      stay_awake(right, 1s, 6s);
      CHECK(right.holds(at(6'000ms)));
      CHECK(!right.holds(at(6'001ms)));
    }
  }
}

SCENARIO("a node that has told others that they may have its shards is silent until its next beat") {
  GIVEN("a node that cannot beat, and says so") {
    serving_right right;
    right.note_time(at(0s));
    right.note_beat(at(0s));
    stay_awake(right, 0s, 3s);
    CHECK(right.holds(at(3s)));
    right.waive(at(3s));
    CHECK(!right.holds(at(3s)));
    THEN("only a beat that is sent afterwards counts") {
      right.note_beat(at(2'999ms));
      CHECK(!right.holds(at(3s)));
      right.note_beat(at(3s));
      CHECK(right.holds(at(3s)));
    }
  }
}

SCENARIO("a node that serves its store alone goes on answering while the store is away, but not after a sleep") {
  GIVEN("a node without a lease") {
    serving_right right{{.lease = std::nullopt}};
    right.note_time(at(0s));
    CHECK(!right.holds(at(0s)));
    right.note_beat(at(0s));
    stay_awake(right, 0s, 3'600s);
    CHECK(right.holds(at(3'600s)));
    WHEN("it was asleep") {
      right.note_time(at(3'602s));
      CHECK(!right.holds(at(3'602s)));
      right.note_beat(at(3'602s));
      CHECK(right.holds(at(3'602s)));
      right.end();
      CHECK(!right.holds(at(3'602s)));
    }
  }
}

SCENARIO("nobody else has a node's shards as long as it may answer") {
  GIVEN("random sleeps, and beats that are lost, delayed or counted twice") {
    std::size_t answered = 0;
    std::size_t too_late = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      std::mt19937_64 draw{seed};
      serving_right right;
      struct answer {
        std::chrono::milliseconds due, sent;
      };
      std::vector<answer> answers;
      auto last_counted = -1h + 0ms; // by the store
      auto asleep_until = 0ms;
      auto woke = 0ms;
      auto next_beat = 0ms;
      for (auto now = 0ms; now < 60s; now += 50ms) {
        if (now < asleep_until)
          continue;
        if (asleep_until > woke)
          woke = now;
        right.note_time(at(now));
        if (now >= next_beat) {
          next_beat = now + 1s;
          if (draw() % 4 != 0) {
            auto counted = now + std::chrono::milliseconds{draw() % 500};
            last_counted = counted;
            for (auto copies = 1 + draw() % 2; copies > 0 && draw() % 4 != 0; --copies)
              answers.push_back({counted + std::chrono::milliseconds{draw() % 500}, now});
          }
        }
        for (const auto& one : answers)
          if (one.due <= now)
            right.note_beat(at(one.sent));
        std::erase_if(answers, [now](const auto& one) { return one.due <= now; });
        if (right.holds(at(now))) {
          ++answered;
          // Others see the last beat when it was counted or later, and wait six seconds from there.
          too_late += now < last_counted + 6s ? 0 : 1;
        }
        if (draw() % 200 == 0) {
          asleep_until = now + std::chrono::milliseconds{draw() % 9'000};
          too_late += right.holds(at(now + 1'501ms)) ? 1 : 0;
        }
      }
    }
    CHECK_EQ(too_late, 0u);
    CHECK_GT(answered, 10'000u);
  }
}
