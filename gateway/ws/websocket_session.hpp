#pragma once

#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/socket.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

namespace usher::gateway {

class session_thread;

using upgrade_request = boost::beast::http::request<boost::beast::http::empty_body>;

/// The only subprotocol.
inline constexpr const char* websocket_protocol = "usher.v1";

/// Answers a WebSocket upgrade and serves the connection until it ends. `from` is the client itself, behind whatever
/// proxies.
void open_websocket(session_thread& thread, tcp_socket socket, buyer_places::place place,
                    const upgrade_request& request, visitor from);

} // namespace usher::gateway
