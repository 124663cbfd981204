// What proxies say of the clients behind them: the PROXY protocol, Forwarded and X-Forwarded-For.
#include "gateway/client_address.hpp"
#include "gateway/forwarded.hpp"
#include "gateway/proxy_protocol.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>
#include <iostream>

namespace usher::fuzz {
namespace {

using namespace gateway;

void must(bool so, const char* what) {
  if (so)
    return;
  std::cerr << what << '\n';
  std::abort();
}

void try_header(std::string_view text) {
  auto read = read_proxy_header(text);
  if (std::holds_alternative<incomplete_proxy_header>(read))
    must(text.size() < proxy_header_bytes_max, "a header without a bound is awaited");
  const auto* whole = std::get_if<proxy_header>(&read);
  if (!whole)
    return;
  must(whole->size <= text.size() && whole->size <= proxy_header_bytes_max, "a header that is longer than it may be");
  for (auto size : {whole->size - 1, whole->size / 2})
    must(std::holds_alternative<incomplete_proxy_header>(read_proxy_header(text.substr(0, size))),
         "a part of a header is not awaited");
}

void try_fields(std::string_view text) {
  static const auto trusted =
      std::get<networks>(networks::parse(std::vector<std::string>{"10.0.0.0/8", "127.0.0.0/8"}));
  static const auto peer = *read_address("10.0.0.1");
  must(read_x_forwarded_for(text).size() <= hops_max && read_forwarded(text).size() <= hops_max, "too many hops");
  for (const auto& said : {said_by_proxies{std::string{text}, {}}, said_by_proxies{{}, std::string{text}},
                           said_by_proxies{std::string{text}, std::string{text}}}) {
    must(!client_address(peer, said, trusted).is_loopback(), "somebody became a client of this machine");
    must(client_address(*read_address("192.0.2.1"), said, trusted) == *read_address("192.0.2.1"),
         "somebody who is no proxy was believed");
  }
  // Whatever a client sends, what its proxy appends counts, or the proxy itself does.
  auto client = client_address(peer, {{}, std::string{text} + ", for=\"198.51.100.7:80\""}, trusted);
  must(client == *read_address("198.51.100.7") || client == peer, "a client chose its address");
}

} // namespace

std::vector<std::string> seeds() {
  return {
      "PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\nGET / HTTP/1.1\r\n",
      "PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n",
      "PROXY UNKNOWN\r\n",
      std::string{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\x01\xbbGET /", 33},
      std::string{"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16},
      "for=192.0.2.60;proto=http;by=203.0.113.43",
      R"(for=10.0.0.2, For="[2001:db8:cafe::17]:4711";host="a,b\"c", for=127.0.0.1)",
      "for=_hidden, for=unknown, for=10.9.9.9",
      "198.51.100.1, 192.0.2.1:80, [2001:db8::1]:80, ::1, 10.0.0.7",
  };
}

void try_out(std::string_view text) {
  try_header(text);
  try_fields(text);
}

} // namespace usher::fuzz
