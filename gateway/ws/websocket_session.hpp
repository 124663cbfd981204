#pragma once

#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/node_functions.hpp"
#include "gateway/socket.hpp"
#include "gateway/ws/buyer_services.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

namespace usher::gateway {

class connection_table;
class incoming_budget;
class outgoing_budget;
class outgoing_room;
struct gateway_metrics;
struct options;

/// What a WebSocket works with, and its buyer's session. All of it belongs to one thread, or may be used by any.
struct websocket_services {
  const gateway::options& options;
  gateway_metrics& metrics;
  const time_source& now;
  connection_table& connections;
  incoming_budget& incoming;
  outgoing_budget& outgoing;
  outgoing_room& room;
  buyer_services buyers;
};

using upgrade_request = boost::beast::http::request<boost::beast::http::empty_body>;

/// The only subprotocol.
inline constexpr const char* websocket_protocol = "usher.v1";

/// Answers a WebSocket upgrade and serves the connection until it ends; the services outlive it. `from` is the client
/// itself, behind whatever proxies.
void open_websocket(const websocket_services& services, tcp_socket socket, buyer_places::place place,
                    const upgrade_request& request, visitor from);

} // namespace usher::gateway
