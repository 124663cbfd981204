#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher::cluster {

/// Where a node listens for others: a host (without brackets) and a port.
struct link_address {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const link_address&, const link_address&) = default;
};

/// Reads `HOST:PORT`, or `[HOST]:PORT` for IPv6; nothing for anything else.
[[nodiscard]] std::optional<link_address> parse_link_address(std::string_view text);

/// The inverse of `parse_link_address`.
[[nodiscard]] std::string to_string(const link_address& place);

/// True when only this machine can reach it. A name is not looked up, so it is not.
[[nodiscard]] bool is_loopback(const link_address& place);

/// True for all addresses of this machine: nobody else can reach a node by that.
[[nodiscard]] bool is_everywhere(const link_address& place);

} // namespace usher::cluster
