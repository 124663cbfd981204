#pragma once

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace usher::actors {

/// What the sections of a node have done, together.
struct section_counters {
  caf::telemetry::int_counter* granted;
  caf::telemetry::int_counter* refused;

  explicit section_counters(caf::telemetry::metric_registry& registry)
      : granted(
          registry.counter_singleton("usher", "holds-granted", "Holds that were granted and are durable.", "1", true)),
        refused(
            registry.counter_singleton("usher", "holds-refused", "Wishes for seats that were refused.", "1", true)) {}
};

} // namespace usher::actors
