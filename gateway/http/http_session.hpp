#pragma once

#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/http/call_services.hpp"
#include "gateway/http/http_exchange.hpp"
#include "gateway/http/routes.hpp"
#include "gateway/socket.hpp"
#include "gateway/ws/websocket_session.hpp"

#include <atomic>
#include <cstdint>

namespace usher::gateway {

class connection_table;
class incoming_budget;
class key_guard;
class outgoing_budget;
class outgoing_room;
class proxy_warning;
class request_limits;
struct gateway_metrics;
struct options;

/// What an HTTP connection works with, and its exchanges, its calls and the WebSocket that it may become. All of it
/// belongs to one thread, or may be used by any.
struct http_services {
  const gateway::options& options;
  gateway_metrics& metrics;
  connection_table& connections;
  incoming_budget& incoming;
  outgoing_budget& outgoing;
  outgoing_room& room;
  key_guard& keys;
  request_limits& limits;
  buyer_places& places;
  const networks& proxies;   ///< those that are trusted
  const networks& unlimited; ///< see `options::unlimited_networks`
  proxy_warning& unlisted_proxy;
  const std::atomic<bool>& draining;
  exchange_services exchanges;
  call_services calls;
  websocket_services websockets;
};

/// What awaits a fresh connection.
enum class reception : std::uint8_t {
  served,
  served_if_another_goes, ///< there is no room unless an idle connection of the thread is closed
  turned_away,            ///< it is told so and closed; but probes are answered
};

/// Serves a fresh connection until it ends or becomes a WebSocket; the services outlive it.
void serve_http(const http_services& services, tcp_socket socket, http_port port, buyer_places::place place,
                reception how);

} // namespace usher::gateway
