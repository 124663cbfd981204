#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace usher::gateway {

/// Reads an address; but one with a scope, such as `fe80::1%eth0`, has a meaning on one machine only and is none.
[[nodiscard]] std::optional<boost::asio::ip::address> read_address(std::string_view text);

/// The IPv4 address that an IPv6 one stands for (`::ffff:192.0.2.1`), or the address itself.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

} // namespace usher::gateway
