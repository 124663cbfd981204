#define CAF_SUITE gateway.forwarded

#include "gateway/client_address.hpp"
#include "gateway/forwarded.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <string>

using namespace usher::gateway;

namespace {

/// The entries of a header in order of appearance, `-` for those without an address.
std::string entries(std::string_view forwarded) {
  std::string text;
  for (const auto& one : read_forwarded(forwarded))
    text = (one ? one->to_string() : "-") + (text.empty() ? "" : " " + text);
  return text;
}

std::string client(const said_by_proxies& said) {
  auto trusted = std::get<networks>(networks::parse(std::vector<std::string>{"10.0.0.0/8", "2001:db8:ffff::/48"}));
  return client_address(boost::asio::ip::make_address("10.0.0.1"), said, trusted).to_string();
}

} // namespace

SCENARIO("Forwarded is read as RFC 7239 describes it") {
  GIVEN("the ways to write it") {
    CHECK_EQ(entries("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
    CHECK_EQ(entries("for=192.0.2.43, for=198.51.100.17"), "192.0.2.43 198.51.100.17");
    CHECK_EQ(entries(R"(For="[2001:db8:cafe::17]:4711")"), "2001:db8:cafe::17");
    CHECK_EQ(entries(R"(for="[2001:db8:cafe::17]")"), "2001:db8:cafe::17");
    CHECK_EQ(entries(R"(for="192.0.2.43:47011")"), "192.0.2.43");
    CHECK_EQ(entries(R"(for="192.0.2.43:_port")"), "192.0.2.43");
    CHECK_EQ(entries(R"(host="a,b;c=\"d";FOR=192.0.2.1;by=_x , for="\1\9\2.0.2.2")"), "192.0.2.1 192.0.2.2");
    CHECK_EQ(entries("for=192.0.2.1:80"), "192.0.2.1"); // without the quotes that it should have
    CHECK_EQ(entries("for=192.0.2.1;"), "192.0.2.1");
    THEN("who is hidden, unknown or not named is no address") {
      CHECK_EQ(entries("for=unknown, for=_hidden, for=\"_SEVKISEK\", by=192.0.2.1, for=192.0.2.2"),
               "- - - - 192.0.2.2");
      CHECK_EQ(entries("for=192.0.2.1;for=192.0.2.2"), "-");
      CHECK_EQ(entries("for=\"\",,for=192.0.2.2"), "- - 192.0.2.2");
      CHECK_EQ(entries("for=fe80::1%eth0"), "-");
    }
    THEN("what breaks its grammar says nothing at all") {
      for (const auto* broken : {"for", "for=", "for=192.0.2.1;x", "=192.0.2.1", "for=\"192.0.2.1", "for=\"192.0.2.1\\",
                                 "for=192.0.2.1 for=192.0.2.2", "for=\"192.0.2.1\"2", "for =192.0.2.1",
                                 "for= 192.0.2.1", "192.0.2.1", "for=192.0.2.1, \""})
        CHECK_EQ(entries(broken), "-");
    }
    THEN("of many entries the last count") {
      std::string many;
      for (int i = 0; i < 100; ++i)
        many += "for=192.0.2." + std::to_string(i) + ",";
      auto read = read_forwarded(many + "for=192.0.2.100");
      CHECK_EQ(read.size(), hops_max);
      CHECK_EQ(read.front()->to_string(), "192.0.2.100");
    }
  }
}

SCENARIO("what a client wrote itself does not make it another") {
  GIVEN("a proxy that appends to the header whatever the client has sent") {
    CHECK_EQ(client({{}, "for=198.51.100.1, for=192.0.2.1"}), "192.0.2.1");
    CHECK_EQ(client({{}, "for=198.51.100.1, for=192.0.2.1, for=10.0.0.7"}), "192.0.2.1");
    CHECK_EQ(client({{}, "for=127.0.0.1, for=10.1.2.3"}), "10.1.2.3");
    CHECK_EQ(client({{}, "for=198.51.100.1, for=unknown"}), "10.0.0.1");
    CHECK_EQ(client({{}, R"(for=198.51.100.1, for="[2001:db8:ffff::2]:80")"}), "198.51.100.1");
    THEN("quotes that the client leaves open do not swallow what the proxy wrote") {
      for (const auto* appended : {"for=192.0.2.1", "for=\"192.0.2.1:80\"", "for=\"[2001:db8::1]:80\";proto=https"})
        for (const auto* sent : {"for=198.51.100.1, for=\"", "for=198.51.100.1;x=\"", "for=198.51.100.1, x=\"\\"})
          CHECK_EQ(client({{}, std::string{sent} + ", " + appended}), "10.0.0.1");
    }
    THEN("of two headers that disagree one may be the client's: neither counts") {
      CHECK_EQ(client({"192.0.2.1", "for=192.0.2.1"}), "192.0.2.1");
      CHECK_EQ(client({"192.0.2.1", "for=198.51.100.1"}), "10.0.0.1");
      CHECK_EQ(client({"192.0.2.1", "nonsense"}), "10.0.0.1");
    }
  }
}
