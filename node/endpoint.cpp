#include "node/endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <utility>

namespace usher::node {

std::optional<endpoint> parse_endpoint(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  auto port = text.substr(colon + 1);
  auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of("/ []@") != std::string_view::npos)
    return std::nullopt;
  endpoint result{std::string{host}, 0};
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc{} || end != port.data() + port.size())
    return std::nullopt;
  return result;
}

std::string to_string(const endpoint& place) {
  auto host = place.host.find(':') == std::string::npos ? place.host : "[" + place.host + "]";
  return host + ":" + std::to_string(place.port);
}

std::optional<node_url> parse_url(std::string_view text) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  node_url result{text.starts_with(secure), {}};
  if (!result.tls && !text.starts_with(plain))
    return std::nullopt;
  text.remove_prefix(result.tls ? secure.size() : plain.size());
  if (text.ends_with('/'))
    text.remove_suffix(1);
  auto place = parse_endpoint(text);
  if (!place)
    place = parse_endpoint(std::string{text} + (result.tls ? ":443" : ":80"));
  if (!place)
    return std::nullopt;
  result.place = std::move(*place);
  return result;
}

std::string to_string(const node_url& url) {
  return (url.tls ? "https://" : "http://") + to_string(url.place);
}

bool is_free(const endpoint& place) {
  using boost::asio::ip::tcp;
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(place.host, error);
  if (error)
    return false;
  boost::asio::io_context context;
  tcp::acceptor probe{context};
  tcp::endpoint wanted{address, place.port};
  probe.open(wanted.protocol(), error);
  probe.set_option(tcp::acceptor::reuse_address{true}, error);
  probe.bind(wanted, error);
  return !error;
}

bool is_loopback(const endpoint& place) {
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(place.host, error);
  return !error && address.is_loopback();
}

} // namespace usher::node
