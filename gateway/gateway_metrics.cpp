#include "gateway/gateway_metrics.hpp"

#include <caf/actor_system.hpp>
#include <caf/string_view.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace usher::gateway {
namespace {

caf::telemetry::int_counter* counter(caf::actor_system& system, caf::string_view name, caf::string_view sentence) {
  return system.metrics().counter_singleton<std::int64_t>("usher", name, sentence, "1", true);
}

caf::telemetry::int_gauge* gauge(caf::actor_system& system, caf::string_view name, caf::string_view sentence) {
  return system.metrics().gauge_singleton<std::int64_t>("usher", name, sentence);
}

} // namespace

gateway_metrics::gateway_metrics(caf::actor_system& system)
    : connections(gauge(system, "gateway-connections", "Open connections.")),
      sessions(gauge(system, "gateway-sessions", "Buyers' sessions that have said hello.")),
      queued_bytes(gauge(system, "gateway-queued-bytes", "Memory of what is still to be sent to clients.")),
      incoming_bytes(gauge(system, "gateway-incoming-bytes", "Memory of requests that are still arriving.")),
      http_requests(counter(system, "gateway-http-requests", "HTTP requests answered.")),
      frames_received(counter(system, "gateway-frames-received", "WebSocket frames received.")),
      frames_sent(counter(system, "gateway-frames-sent", "WebSocket frames sent.")),
      problems(counter(system, "gateway-problems", "Requests answered by a problem.")),
      rate_limited(counter(system, "gateway-rate-limited", "Requests refused for coming too often.")),
      slow_readers(counter(system, "gateway-slow-readers", "Connections closed because they read too slowly.")),
      requests(counter(system, "gateway-requests", "Requests handed to the actors.")),
      request_batches(counter(system, "gateway-request-batches", "Groups in which requests were handed over.")),
      answer_batches(counter(system, "gateway-answer-batches", "Groups in which answers came back.")) {}

} // namespace usher::gateway
