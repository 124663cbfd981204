#include "gateway/proxy_protocol.hpp"

#include "gateway/address.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace usher::gateway {
namespace {

namespace ip = boost::asio::ip;

// ---- version 1: a line of text ----

constexpr std::string_view line_begin = "PROXY ";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t line_bytes_max = 107;

/// Cuts off the part before the next space.
std::string_view next_word(std::string_view& rest) {
  auto end = std::min(rest.find(' '), rest.size());
  auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  auto [read_to, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && read_to == end;
}

/// `line` is what stands between the beginning and the end.
std::optional<proxy_header> read_line(std::string_view line, std::size_t size) {
  auto strange = [](char c) { return c < ' ' || c == '%'; }; // an address with a scope means something on one machine
  if (std::ranges::any_of(line, strange))
    return std::nullopt;
  auto family = next_word(line);
  if (family == "UNKNOWN")
    return proxy_header{size, std::nullopt};
  if (family != "TCP4" && family != "TCP6")
    return std::nullopt;
  boost::system::error_code wrong;
  auto source = ip::make_address(std::string{next_word(line)}, wrong);
  boost::system::error_code also_wrong;
  auto target = ip::make_address(std::string{next_word(line)}, also_wrong);
  auto fits = [family](const ip::address& address) { return address.is_v4() == (family == "TCP4"); };
  auto from = next_word(line);
  auto to = next_word(line);
  if (wrong || also_wrong || !fits(source) || !fits(target) || !is_port(from) || !is_port(to) || !line.empty())
    return std::nullopt;
  return proxy_header{size, unmapped(source)};
}

proxy_reading read_version_1(std::string_view received) {
  auto end = received.substr(0, line_bytes_max).find(line_end);
  if (end == std::string_view::npos)
    return received.size() < line_bytes_max ? proxy_reading{incomplete_proxy_header{}} : no_proxy_header{};
  auto read = read_line(received.substr(line_begin.size(), end - line_begin.size()), end + line_end.size());
  return read ? proxy_reading{*read} : no_proxy_header{};
}

// ---- version 2: binary ----

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_bytes = 16;

enum : std::uint8_t {
  local_command = 0x20, ///< the proxy's own connection, for instance to see whether we are there
  proxy_command = 0x21,
};

enum : std::uint8_t {
  unspecified = 0x00,
  tcp_over_v4 = 0x11,
  tcp_over_v6 = 0x21,
  unix_stream = 0x31,
};

template <class Address>
Address read_bytes(std::string_view text) {
  typename Address::bytes_type bytes{};
  std::copy_n(text.begin(), bytes.size(), bytes.begin());
  return Address{bytes};
}

proxy_reading read_version_2(std::string_view received) {
  auto byte = [received](std::size_t index) { return static_cast<std::uint8_t>(received[index]); };
  constexpr std::size_t command_at = 12, family_at = 13, length_at = 14;
  if (received.size() < fixed_bytes)
    return incomplete_proxy_header{};
  std::size_t size = fixed_bytes + (std::size_t{byte(length_at)} << 8 | byte(length_at + 1));
  if (size > proxy_header_bytes_max || (byte(command_at) != local_command && byte(command_at) != proxy_command))
    return no_proxy_header{};
  if (received.size() < size)
    return incomplete_proxy_header{};
  proxy_header read{size, std::nullopt};
  if (byte(command_at) == local_command)
    return read;
  auto addresses = received.substr(fixed_bytes, size - fixed_bytes);
  auto needed = [&addresses](std::size_t address_bytes) { return addresses.size() >= 2 * (address_bytes + 2); };
  switch (byte(family_at)) {
    case unspecified:
    case unix_stream:
      return read;
    case tcp_over_v4:
      if (!needed(ip::address_v4::bytes_type{}.size()))
        return no_proxy_header{};
      read.source = read_bytes<ip::address_v4>(addresses);
      return read;
    case tcp_over_v6:
      if (!needed(ip::address_v6::bytes_type{}.size()))
        return no_proxy_header{};
      read.source = unmapped(read_bytes<ip::address_v6>(addresses));
      return read;
    default:
      return no_proxy_header{};
  }
}

bool may_begin_with(std::string_view received, std::string_view beginning) {
  return received.substr(0, beginning.size()) == beginning.substr(0, received.size());
}

} // namespace

proxy_reading read_proxy_header(std::string_view received) {
  if (received.empty())
    return incomplete_proxy_header{};
  if (may_begin_with(received, line_begin))
    return received.size() < line_begin.size() ? proxy_reading{incomplete_proxy_header{}} : read_version_1(received);
  if (may_begin_with(received, signature))
    return read_version_2(received);
  return no_proxy_header{};
}

} // namespace usher::gateway
