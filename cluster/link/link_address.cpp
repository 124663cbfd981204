#include "cluster/link/link_address.hpp"

#include <charconv>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace usher::cluster {

std::optional<link_address> parse_link_address(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  auto port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of("/ []@") != std::string_view::npos)
    return std::nullopt;
  link_address result{std::string{host}, 0};
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc{} || end != port.data() + port.size())
    return std::nullopt;
  return result;
}

std::string to_string(const link_address& place) {
  auto host = place.host.find(':') == std::string::npos ? place.host : "[" + place.host + "]";
  return host + ":" + std::to_string(place.port);
}

bool is_loopback(const link_address& place) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, place.host.c_str(), &four) == 1)
    return ntohl(four.s_addr) >> 24 == 127;
  return ::inet_pton(AF_INET6, place.host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_everywhere(const link_address& place) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, place.host.c_str(), &four) == 1)
    return four.s_addr == INADDR_ANY;
  return ::inet_pton(AF_INET6, place.host.c_str(), &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six);
}

} // namespace usher::cluster
