#pragma once

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>

namespace caf {
class actor_system;
}

namespace usher::gateway {

/// What the gateway counts. Usable from any thread.
struct gateway_metrics {
  explicit gateway_metrics(caf::actor_system& system);

  caf::telemetry::int_gauge* connections;
  caf::telemetry::int_gauge* sessions;
  caf::telemetry::int_gauge* queued_bytes;
  caf::telemetry::int_gauge* incoming_bytes;
  caf::telemetry::int_counter* http_requests;
  caf::telemetry::int_counter* frames_received;
  caf::telemetry::int_counter* frames_sent;
  caf::telemetry::int_counter* problems;
  caf::telemetry::int_counter* rate_limited;
  caf::telemetry::int_counter* slow_readers;
  caf::telemetry::int_counter* requests;
  caf::telemetry::int_counter* request_batches;
  caf::telemetry::int_counter* answer_batches;
};

} // namespace usher::gateway
