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

/// True when nobody listens there at the moment.
[[nodiscard]] bool is_free(const endpoint& place);

/// True when only this machine can reach it.
[[nodiscard]] bool is_loopback(const endpoint& place);

} // namespace usher::node
