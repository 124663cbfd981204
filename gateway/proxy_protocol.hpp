#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

/// The PROXY protocol, versions 1 and 2: what a proxy that does not understand a connection says at its beginning.
namespace usher::gateway {

/// The largest header that is read: version 1 has at most 107 bytes, version 2 this many with what else it may tell.
inline constexpr std::size_t proxy_header_bytes_max = 1024;

struct proxy_header {
  std::size_t size = 0; ///< how many bytes of the connection it is
  /// Whose connection the proxy passes on; nothing when it is the proxy's own, or not said.
  std::optional<boost::asio::ip::address> source;
};

/// More must be received before anything can be said.
struct incomplete_proxy_header {};
/// Not a header, or one that is too large.
struct no_proxy_header {};

using proxy_reading = std::variant<proxy_header, incomplete_proxy_header, no_proxy_header>;

/// Reads the header that a connection must begin with, from what was received so far.
[[nodiscard]] proxy_reading read_proxy_header(std::string_view received);

} // namespace usher::gateway
