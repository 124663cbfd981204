#include "gateway/client_address.hpp"

#include "gateway/forwarded.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace usher::gateway {
namespace {

namespace ip = boost::asio::ip;

/// Without a scope: networks have none.
ip::address_v6 as_v6(const ip::address& address) {
  return address.is_v6() ? ip::address_v6{address.to_v6().to_bytes()}
                         : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

ip::network_v6 network_around(const ip::address_v6& address, unsigned short bits) {
  return ip::network_v6{address, bits}.canonical();
}

bool lies_in(const ip::address_v6& address, const ip::network_v6& network) {
  return network_around(address, network.prefix_length()) == network;
}

/// The IPv6 network of so many bits that an address is in; empty for IPv4.
std::string network_of(const ip::address& client, unsigned short bits) {
  return client.is_v4() ? std::string{} : network_around(as_v6(client), bits).to_string();
}

} // namespace

std::string customer_of(const ip::address& address) {
  auto client = unmapped(address);
  return client.is_v4() ? client.to_string() : network_of(client, 64);
}

std::string site_of(const ip::address& address) {
  return network_of(unmapped(address), 48);
}

bool is_private(const ip::address& address) {
  static const auto own = std::get<networks>(
      networks::parse(std::vector<std::string>{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                               "169.254.0.0/16", "::1", "fc00::/7", "fe80::/10"}));
  return own.contains(address);
}

std::variant<networks, std::string> networks::parse(std::span<const std::string> texts) {
  networks all;
  for (const auto& text : texts) {
    auto slash = text.find('/');
    auto address = read_address(std::string_view{text}.substr(0, slash));
    if (!address)
      return text + " is not an address or a network such as 10.0.0.0/8.";
    unsigned most = address->is_v4() ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      auto [read_to, error] = std::from_chars(text.data() + slash + 1, end, bits);
      if (error != std::errc{} || read_to != end || bits > most)
        return text + " must end in a number of bits from 0 to " + std::to_string(most) + ".";
    }
    all.networks_.push_back(network_around(as_v6(*address), static_cast<unsigned short>(bits + 128 - most)));
  }
  return all;
}

bool networks::contains_all() const {
  auto first_v4 = as_v6(ip::address_v4{});
  return std::ranges::any_of(networks_, [&](const auto& x) { return x.prefix_length() <= 96 && lies_in(first_v4, x); });
}

bool networks::contains(const ip::address& address) const {
  return std::ranges::any_of(networks_, [client = as_v6(address)](const auto& x) { return lies_in(client, x); });
}

namespace {

/// The first of these whom nobody trusted vouches for.
ip::address first_untrusted(ip::address client, const hops& passed_by, const trusted_proxies& trusted) {
  auto farthest = client;
  for (const auto& from : passed_by) {
    if (!from || !trusted.contains(client))
      break;
    client = *from;
    if (!client.is_loopback())
      farthest = client;
  }
  // Who came from another machine is not on this one, whatever the header says: what loopback addresses may do cannot
  // be had by writing one into it.
  return client.is_loopback() ? farthest : client;
}

} // namespace

ip::address client_address(const ip::address& peer, const said_by_proxies& said, const trusted_proxies& trusted) {
  auto client = unmapped(peer);
  if (!trusted.contains(client))
    return client;
  auto by_one = said.x_forwarded_for.empty()
                    ? client
                    : first_untrusted(client, read_x_forwarded_for(said.x_forwarded_for), trusted);
  auto by_other = said.forwarded.empty() ? client : first_untrusted(client, read_forwarded(said.forwarded), trusted);
  if (said.x_forwarded_for.empty() || said.forwarded.empty())
    return said.forwarded.empty() ? by_one : by_other;
  return by_one == by_other ? by_one : client;
}

} // namespace usher::gateway
