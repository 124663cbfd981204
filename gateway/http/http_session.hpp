#pragma once

#include "gateway/buyer_places.hpp"
#include "gateway/http/routes.hpp"
#include "gateway/socket.hpp"

#include <cstdint>

namespace usher::gateway {

class session_thread;

/// What awaits a fresh connection.
enum class reception : std::uint8_t {
  served,
  served_if_another_goes, ///< there is no room unless an idle connection of the thread is closed
  turned_away,            ///< it is told so and closed; but probes are answered
};

/// Serves a fresh connection until it ends or becomes a WebSocket.
void serve_http(session_thread& thread, tcp_socket socket, http_port port, buyer_places::place place, reception how);

} // namespace usher::gateway
