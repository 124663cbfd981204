#include "node/clock_correction.hpp"

#include "log/log.hpp"

#include <chrono>
#include <utility>

namespace usher::node {

clock_correction::clock_correction(actors::store_clock clock, caf::telemetry::metric_registry& registry)
    : clock_(std::move(clock)),
      jumps_(*registry.counter_singleton(
          "usher", "store-clock-jumps", "Steps of the store's clock or of this node's; none was followed.", "1", true)),
      difference_(*registry.gauge_singleton<double>("usher", "store-clock-difference",
                                                    "By how much the store's clock is ahead of this node's time.",
                                                    "seconds")) {}

void clock_correction::take(const actors::clock_reading& reading) {
  auto verdict = clock_.take(reading);
  auto ahead = std::chrono::duration<double>(clock_.difference()).count();
  difference_.value(ahead);
  switch (verdict) {
    case actors::clock_verdict::jumped:
      jumps_.inc();
      log::of("node").warn(
          "the store's clock is suddenly {:+.1f} s away from this node's time: it was stepped, or this "
          "machine stood still. Holds and passes keep the time they were promised; a restart takes "
          "the store's clock over",
          ahead);
      break;
    case actors::clock_verdict::agrees:
      log::of("node").info("the store's clock and this node's time agree again");
      break;
    case actors::clock_verdict::followed:
    case actors::clock_verdict::apart:
      break;
  }
}

} // namespace usher::node
