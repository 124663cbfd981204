#pragma once

#include "gateway/address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usher::gateway {

/// A client as limits see it.
struct visitor {
  boost::asio::ip::address address;
  /// A program of this machine that is connected directly. Nobody becomes one through a proxy, trusted or not.
  bool is_near = false;
};

/// A list of networks, for instance of the proxies that are trusted about a client's address.
class networks {
public:
  networks() = default;

  /// Reads networks such as `10.0.0.0/8` and `2001:db8::/32`, or single addresses; otherwise returns a sentence that
  /// says which entry is wrong.
  [[nodiscard]] static std::variant<networks, std::string> parse(std::span<const std::string> texts);

  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;
  /// Whether it contains every IPv4 address: then it distinguishes nobody.
  [[nodiscard]] bool contains_all() const;

private:
  std::vector<boost::asio::ip::network_v6> networks_; ///< canonical; IPv4 as mapped IPv6
};

using trusted_proxies = networks;

/// What a request's headers say of who sent it; several of one name are joined by commas.
struct said_by_proxies {
  std::string x_forwarded_for;
  std::string forwarded;
};

/// Who the client is: the peer itself, unless it is a trusted proxy; then the rightmost address of `X-Forwarded-For` or
/// `Forwarded` that is not a trusted proxy's. An entry that is not an address ends the search: nobody trusted wrote
/// what is left of it. If both headers are there and disagree, the client may have written one of them, and it is not
/// known which: then it is the peer. Whoever comes from another machine is not made a client of this one.
[[nodiscard]] boost::asio::ip::address client_address(const boost::asio::ip::address& peer, const said_by_proxies& said,
                                                      const trusted_proxies& trusted);

/// What limits by address count a client under: an IPv4 address, or an IPv6 /64, which one customer has all of.
[[nodiscard]] std::string customer_of(const boost::asio::ip::address& address);

/// The IPv6 /48 of an address, which is what a company or a hosted server may have; empty for IPv4.
[[nodiscard]] std::string site_of(const boost::asio::ip::address& address);

/// How many customers' limits all customers of one site share.
inline constexpr std::size_t customers_per_site = 16;

/// Whether an address is of this machine or of a private network, where nobody is a stranger.
[[nodiscard]] bool is_private(const boost::asio::ip::address& address);

} // namespace usher::gateway
