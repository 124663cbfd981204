// About this node rather than about any event.
#include "codec/asyncapi.hpp"
#include "codec/json_writer.hpp"
#include "codec/openapi.hpp"
#include "gateway/http/routes.hpp"
#include "gateway/thread/session_thread.hpp"

#include <caf/actor_system.hpp>
#include <caf/telemetry/collector/prometheus.hpp>

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

void get_readiness(const exchange_ptr& x) {
  auto& shared = x->thread().shared();
  std::optional<std::string> why;
  if (shared.draining)
    why = "draining";
  else if (shared.unready)
    why = shared.unready();
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

void get_metrics(const exchange_ptr& x) {
  caf::telemetry::collector::prometheus collector;
  auto text = collector.collect_from(x->thread().shared().system.metrics());
  http_reply said;
  said.content_type = "text/plain; version=0.0.4";
  said.body.assign(text.data(), text.size());
  x->reply(std::move(said));
}

constexpr std::array node_calls{
    route{http_port::buyers, "GET", "/v1/ws", get_websocket},
    route{http_port::buyers, "GET", "/healthz", get_health},
    route{http_port::buyers, "GET", "/readyz", get_readiness},
    route{http_port::buyers, "GET", "/openapi.json", get_openapi},
    route{http_port::buyers, "GET", "/asyncapi.json", get_asyncapi},
    route{http_port::operators, "GET", "/healthz", get_health},
    route{http_port::operators, "GET", "/readyz", get_readiness},
    route{http_port::operators, "GET", "/metrics", get_metrics},
};

} // namespace

std::span<const route> node_routes() {
  return node_calls;
}

} // namespace usher::gateway
