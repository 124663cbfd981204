#pragma once

#include "gateway/http/routes.hpp"
#include "gateway/socket.hpp"

namespace usher::gateway {

class session_thread;

/// Serves a fresh connection until it ends or becomes a WebSocket. A `surplus` one, for which there is no room, is told
/// so and closed; but probes are answered.
void serve_http(session_thread& thread, tcp_socket socket, http_port port, bool surplus);

} // namespace usher::gateway
