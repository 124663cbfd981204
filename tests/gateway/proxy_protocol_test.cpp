#define CAF_SUITE gateway.proxy_protocol

#include "gateway/proxy_protocol.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <cstdint>
#include <string>

using namespace usher::gateway;

namespace {

/// What is read: the source, `own` when there is none, `more` or `wrong`. A whole header must end before `rest`.
std::string read(const std::string& header, const std::string& rest = "GET / HTTP/1.1\r\n") {
  auto all = header + rest;
  auto result = read_proxy_header(all);
  if (std::holds_alternative<incomplete_proxy_header>(result))
    return "more";
  const auto* whole = std::get_if<proxy_header>(&result);
  if (!whole)
    return "wrong";
  CHECK_EQ(whole->size, header.size());
  for (std::size_t size = 0; size < header.size(); ++size)
    CHECK(std::holds_alternative<incomplete_proxy_header>(read_proxy_header(std::string_view{all}.substr(0, size))));
  return whole->source ? whole->source->to_string() : "own";
}

std::string binary(std::uint8_t command, std::uint8_t family, const std::string& rest, std::size_t length) {
  std::string text{"\r\n\r\n\0\r\nQUIT\n", 12};
  text += static_cast<char>(command);
  text += static_cast<char>(family);
  text += static_cast<char>(length >> 8);
  text += static_cast<char>(length);
  return text + rest;
}

std::string binary(std::uint8_t command, std::uint8_t family, const std::string& rest) {
  return binary(command, family, rest, rest.size());
}

const std::string four{"\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\x01\xbb", 12};
const std::string six = std::string{"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16} + std::string(20, '\1');

} // namespace

SCENARIO("a line of version 1 is read, whole or in pieces") {
  GIVEN("lines as proxies write them") {
    CHECK_EQ(read("PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\n"), "192.0.2.1");
    CHECK_EQ(read("PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n"), "2001:db8::7");
    CHECK_EQ(read("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 65535 0\r\n"), "192.0.2.1");
    CHECK_EQ(read("PROXY UNKNOWN\r\n"), "own");
    CHECK_EQ(read("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), "own");
    CHECK_EQ(read("", ""), "more");
    THEN("everything else is none") {
      for (const std::string line :
           {"PROXY TCP4 192.0.2.1 198.51.100.1 40000\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 40000 443 1\r\n",
            "PROXY TCP4 2001:db8::7 2001:db8::1 40000 443\r\n", "PROXY TCP6 192.0.2.1 198.51.100.1 40000 443\r\n",
            "PROXY TCP4 192.0.2.1 nobody 40000 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n", "PROXY TCP4  192.0.2.1 198.51.100.1 1 443\r\n",
            "PROXY TCP6 fe80::1%1 fe80::2 1 443\r\n", "PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n", "PROXY \r\n",
            "PROXY\r\n", "proxy UNKNOWN\r\n", "GET / HTTP/1.1\r\n"})
        CHECK_EQ(read(line), "wrong");
      CHECK_EQ(read(std::string{"PROXY TCP4 192.0.2.1\0 198.51.100.1 1 443\r\n", 43}), "wrong");
    }
    THEN("a line has 107 bytes at most") {
      const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'x');
      CHECK_EQ(read(longest + "\r\n"), "own");
      CHECK_EQ(read(longest + "x\r\n"), "wrong");
      CHECK_EQ(read("PROXY " + std::string(100, 'x'), ""), "more");
      CHECK_EQ(read("PROXY " + std::string(101, 'x'), ""), "wrong");
    }
  }
}

SCENARIO("a header of version 2 is read, whole or in pieces") {
  GIVEN("headers as proxies write them") {
    CHECK_EQ(read(binary(0x21, 0x11, four)), "192.0.2.1");
    CHECK_EQ(read(binary(0x21, 0x11, four + std::string(100, '\3'))), "192.0.2.1");
    CHECK_EQ(read(binary(0x21, 0x21, six)), "2001:db8::7");
    CHECK_EQ(read(binary(0x21, 0x00, {})), "own");
    CHECK_EQ(read(binary(0x21, 0x31, std::string(216, 'x'))), "own");
    CHECK_EQ(read(binary(0x20, 0x00, {})), "own");
    CHECK_EQ(read(binary(0x20, 0x11, four)), "own");
    THEN("everything else is none") {
      CHECK_EQ(read(binary(0x21, 0x11, four.substr(1))), "wrong");
      CHECK_EQ(read(binary(0x21, 0x21, six.substr(1))), "wrong");
      CHECK_EQ(read(binary(0x21, 0x12, four)), "wrong");
      CHECK_EQ(read(binary(0x22, 0x11, four)), "wrong");
      CHECK_EQ(read(binary(0x11, 0x11, four)), "wrong");
      CHECK_EQ(read(std::string{"\r\n\r\n\0\r\nQUIT\r", 12}), "wrong");
    }
    THEN("it has a bound, which is known before it has come") {
      CHECK_EQ(read(binary(0x21, 0x11, four + std::string(proxy_header_bytes_max - 16 - 12, 'x'))), "192.0.2.1");
      CHECK_EQ(read(binary(0x21, 0x11, {}, proxy_header_bytes_max - 15), {}), "wrong");
      CHECK_EQ(read(binary(0x21, 0x11, {}, 0xffff), {}), "wrong");
    }
  }
}
