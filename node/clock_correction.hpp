#pragma once

#include "actors/store_clock.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace usher::node {

/// Keeps this node's time in step with the store's clock, and says when one of them was stepped.
class clock_correction {
public:
  clock_correction(actors::store_clock clock, caf::telemetry::metric_registry& registry);

  void take(const actors::clock_reading& reading);

private:
  actors::store_clock clock_;
  caf::telemetry::int_counter& jumps_;
  caf::telemetry::dbl_gauge& difference_;
};

} // namespace usher::node
