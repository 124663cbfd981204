#define CAF_SUITE node.store_watch

#include "node/store_watch.hpp"

#include "node/clock_correction.hpp"
#include "node/journal_health.hpp"
#include "tests/support/memory_store.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <condition_variable>
#include <mutex>

using namespace usher;
using namespace usher::node;
using namespace std::chrono_literals;
using actors::store_clock;
using caf::actor_clock;

namespace {

/// Keeps a clock in step with what the store's watch hears.
struct fixture {
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::shared_ptr<tests::memory_books> books = std::make_shared<tests::memory_books>();
  domain::instant start = tests::memory_books::start();

  std::int64_t jumps() {
    return system.metrics().counter_singleton("usher", "store-clock-jumps", "", "1", true)->value();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("steps of the store's clock are counted, shown and not followed") {
  store_clock clock{start, actor_clock::time_point{}};
  clock_correction correction{clock, system.metrics()};
  auto at = actor_clock::time_point{10s};
  correction.take({start + 10s + 1ms, 10s, 10s});
  CHECK_EQ(jumps(), 0);
  correction.take({start + 710s, 10s, 10s});
  correction.take({start + 711s, 11s, 11s});
  CHECK_EQ(jumps(), 1);
  auto* difference = system.metrics().gauge_singleton<double>("usher", "store-clock-difference", "", "seconds");
  CHECK_GE(difference->value(), 699.0);
  CHECK_LT((clock.at(at) - start - 10s).count(), 1'000);
}

SCENARIO("the watch tells what the store's clock says, and when") {
  books->set_now(start + 5s);
  std::mutex lock;
  std::condition_variable told;
  std::vector<actors::clock_reading> readings;
  store_watch watch{[this] { return std::make_unique<tests::memory_store>(books); }, system.clock(),
                    [&](const actors::clock_reading& reading) {
                      std::lock_guard guard{lock};
                      readings.push_back(reading);
                      told.notify_all();
                    },
                    1ms};
  std::unique_lock waiting{lock};
  REQUIRE(told.wait_for(waiting, 20s, [&] { return readings.size() >= 2; }));
  CHECK(readings[1].there == start + 5s);
  CHECK(readings[0].answered <= readings[1].asked);
  waiting.unlock();
  CHECK(watch.reachable());
}

SCENARIO("the journal's health is what was noted last") {
  journal_health health{system.metrics()};
  auto* refusing = system.metrics().gauge_singleton("usher", "journal-refusing", "");
  CHECK(!health.failure());
  health.note("the disk is full");
  CHECK_EQ(health.failure().value_or(""), "the disk is full");
  CHECK_EQ(refusing->value(), 1);
  health.note(std::nullopt);
  CHECK(!health.failure());
  CHECK_EQ(refusing->value(), 0);
}

END_FIXTURE_SCOPE()
