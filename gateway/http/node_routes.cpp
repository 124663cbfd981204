// About this node rather than about any event.
#include "codec/asyncapi.hpp"
#include "codec/json_writer.hpp"
#include "codec/openapi.hpp"
#include "gateway/http/routes.hpp"

#include <caf/telemetry/collector/prometheus.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <array>

namespace usher::gateway {
namespace {

void reply_text(const exchange_ptr& x, std::string_view text) {
  http_reply said;
  said.headers.emplace_back("Cache-Control", "public, max-age=300");
  said.body = text;
  x->reply(std::move(said));
}

void get_openapi(const exchange_ptr& x) {
  reply_text(x, codec::openapi_document());
}

void get_asyncapi(const exchange_ptr& x) {
  reply_text(x, codec::asyncapi_document());
}

void get_health(const exchange_ptr& x) {
  x->reply(200, R"({"status":"ok"})");
}

void get_readiness(const exchange_ptr& x, const node_call_services& with) {
  std::optional<std::string> why;
  if (with.draining)
    why = "draining";
  else if (with.unready)
    why = with.unready();
  std::string body;
  codec::json_writer json{body};
  json.begin_object().member("status", why ? "unavailable" : "ok");
  if (why)
    json.member("reason", *why);
  json.end_object();
  x->reply(why ? 503 : 200, std::move(body));
}

/// Upgrades never come here: the connection becomes a WebSocket before its request is served.
void get_websocket(const exchange_ptr& x) {
  x->refuse(domain::rejection::bad_request, "This address speaks WebSocket, subprotocol usher.v1.");
}

void get_metrics(const exchange_ptr& x, const node_call_services& with) {
  caf::telemetry::collector::prometheus collector;
  auto text = collector.collect_from(with.metrics);
  http_reply said;
  said.content_type = "text/plain; version=0.0.4";
  said.body.assign(text.data(), text.size());
  x->reply(std::move(said));
}

template <auto Call>
constexpr auto for_node = serve_with<&call_services::node, Call>;

constexpr std::array node_calls{
    route{http_port::buyers, "GET", "/v1/ws", serve<get_websocket>},
    route{http_port::buyers, "GET", "/healthz", serve<get_health>},
    route{http_port::buyers, "GET", "/readyz", for_node<get_readiness>},
    route{http_port::buyers, "GET", "/openapi.json", serve<get_openapi>},
    route{http_port::buyers, "GET", "/asyncapi.json", serve<get_asyncapi>},
    route{http_port::operators, "GET", "/healthz", serve<get_health>},
    route{http_port::operators, "GET", "/readyz", for_node<get_readiness>},
    route{http_port::operators, "GET", "/metrics", for_node<get_metrics>},
};

} // namespace

std::span<const route> node_routes() {
  return node_calls;
}

} // namespace usher::gateway
