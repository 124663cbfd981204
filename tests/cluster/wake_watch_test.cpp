#define CAF_SUITE cluster.wake_watch

#include "cluster/wake_watch.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <semaphore>

using namespace usher;
using namespace usher::cluster;
using namespace std::chrono_literals;

SCENARIO("the time is noted from the beginning, and again and again") {
  GIVEN("a right, and a watch that counts how often it looks at the clock") {
    auto right = std::make_shared<serving_right>();
    std::counting_semaphore<> looks{0};
    {
      wake_watch watch{right,
                       [&looks] {
                         looks.release();
                         return tick{} + 1h;
                       },
                       1ms};
      right->note_beat(tick{} + 1h);
      CHECK(right->holds(tick{} + 1h));
      for (auto i = 0; i < 5; ++i)
        CHECK(looks.try_acquire_for(60s));
    }
    THEN("it looks no more once it has ended") {
      while (looks.try_acquire())
        ;
      CHECK(!looks.try_acquire_for(20ms));
    }
  }
}

SCENARIO("the time since the machine's start runs at least as far as the clock that stops while it sleeps") {
  GIVEN("a while by both clocks") {
    auto begin = boot_time();
    auto awake = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - awake < 2ms)
      std::this_thread::yield();
    CHECK(boot_time() - begin >= 2ms);
  }
}
