#pragma once

#include "gateway/options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace usher::node {

/// A host (without brackets) and a port.
using endpoint = gateway::listen_address;

/// Reads `HOST:PORT`, e.g. `127.0.0.1:8080` or `[::1]:8080`; nothing for anything else.
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text);

/// The inverse of `parse_endpoint`.
[[nodiscard]] std::string to_string(const endpoint& place);

/// Where a node, or the proxy in front of it, is spoken to.
struct node_url {
  bool tls = false;
  endpoint place;
};

/// Reads `http://HOST:PORT` or `https://HOST:PORT`, with a `/` at the end or without; the port may be left out if it is
/// 80 or 443. Nothing for anything else.
[[nodiscard]] std::optional<node_url> parse_url(std::string_view text);

/// The inverse of `parse_url`.
[[nodiscard]] std::string to_string(const node_url& url);

/// True when nobody listens there at the moment.
[[nodiscard]] bool is_free(const endpoint& place);

/// True when only this machine can reach it; a name, which nobody can listen at, is not looked up.
[[nodiscard]] bool is_loopback(const endpoint& place);

} // namespace usher::node
