#define CAF_SUITE node.admin_client

#include "node/admin_client.hpp"

#include "node/endpoint.hpp"
#include "tests/node/canned_server.hpp"
#include "tests/node/running.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <boost/json/serialize.hpp>

#include <functional>

using namespace usher::node;
using namespace usher::node::testing;

namespace {

constexpr auto granted = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}";
constexpr auto key = "key-of-operators";

struct trusting {
  authority known;
  usher::bench::temporary_directory folder;

  std::string file(const authority& whose) const {
    auto path = (folder.path() / "ca.pem").string();
    std::ofstream{path} << whose.certificate();
    return path;
  }

  /// What a client says that trusts only `known`.
  std::string trouble_with(const std::string& url) const {
    try {
      static_cast<void>(admin_client{url, key, file(known)}.get("/admin/v1/events"));
    } catch (const unreachable& why) {
      return why.what();
    }
    return "none";
  }
};

std::string https(const std::string& host, const canned_server& server) {
  return "https://" + host + ":" + std::to_string(server.port());
}

} // namespace

SCENARIO("a server is believed whose certificate is for its name and from a known authority") {
  GIVEN("a server that is called localhost, and by its address") {
    trusting client;
    canned_server server{granted, client.known.issue("DNS:localhost,IP:127.0.0.1")};
    for (const auto* host : {"localhost", "127.0.0.1"}) {
      admin_client operators{https(host, server), key, client.file(client.known)};
      CHECK_EQ(boost::json::serialize(operators.get("/admin/v1/events")), R"({"a":1})");
    }
    CHECK(contains(server.heard(), "Host: localhost:" + std::to_string(server.port()) + "\r\n"));
    CHECK(contains(server.heard(), "Authorization: Bearer key-of-operators\r\n"));
    // An address is no host name, and is not asked for.
    CHECK_EQ(server.asked_for(), std::vector<std::string>{"localhost"});
  }
}

SCENARIO("a server that is not believed is told nothing, and the reason says what to do") {
  trusting client;
  authority unknown;
  auto expect_trouble = [&](const identity& as, const std::string& what, const std::string& what_to_do) {
    canned_server server{granted, as};
    auto said = client.trouble_with(https("127.0.0.1", server));
    CHECK(contains(said, https("127.0.0.1", server) + ": its certificate " + what));
    CHECK(contains(said, what_to_do));
    CHECK_EQ(server.heard(), "");
  };
  GIVEN("a certificate from elsewhere") {
    expect_trouble(unknown.issue("IP:127.0.0.1"), "is not trusted here", "--ca FILE");
  }
  GIVEN("a certificate for a host name and another address") {
    expect_trouble(client.known.issue("DNS:localhost,IP:127.0.0.2"), "is for another name", "connect by a name");
  }
  GIVEN("a certificate that has expired") {
    expect_trouble(client.known.issue("IP:127.0.0.1", -600, -60), "has expired", "renewed");
  }
  GIVEN("a certificate that is not valid yet") {
    expect_trouble(client.known.issue("IP:127.0.0.1", 60, 600), "is not valid yet", "clock");
  }
  GIVEN("a certificate for another host name") {
    canned_server server{granted, client.known.issue("DNS:elsewhere.example,IP:127.0.0.1")};
    CHECK(contains(client.trouble_with(https("localhost", server)), "is for another name"));
    CHECK_EQ(server.heard(), "");
  }
  GIVEN("a client that trusts the authorities of this machine") {
    canned_server server{granted, client.known.issue("IP:127.0.0.1")};
    CHECK_THROWS_AS(static_cast<void>(admin_client(https("127.0.0.1", server), key).get("/")), unreachable);
    CHECK_EQ(server.heard(), "");
  }
}

SCENARIO("who mistakes TLS for plain HTTP, or the other way round, is told so") {
  trusting client;
  GIVEN("a port that speaks plain HTTP") {
    canned_server server{granted, std::nullopt};
    auto said = client.trouble_with(https("127.0.0.1", server));
    CHECK(contains(said, "it does not speak TLS: write http://"));
    CHECK(!contains(server.heard(), key));
  }
  GIVEN("a port that speaks TLS") {
    canned_server server{granted, client.known.issue("IP:127.0.0.1")};
    admin_client operators{"http://127.0.0.1:" + std::to_string(server.port()), key};
    try {
      static_cast<void>(operators.get("/admin/v1/events"));
      CHECK(false);
    } catch (const unreachable& why) {
      CHECK(contains(why.what(), "write https:// if it speaks TLS"));
    }
  }
}

SCENARIO("a redirection is refused, as the key would go elsewhere") {
  GIVEN("a server that sends everybody to another one") {
    canned_server target{granted, std::nullopt};
    auto there = "http://127.0.0.1:" + std::to_string(target.port()) + "/admin/v1/events";
    canned_server server{"HTTP/1.1 308 Permanent Redirect\r\nLocation: " + there + "\r\nContent-Length: 0\r\n\r\n",
                         std::nullopt};
    admin_client operators{"http://127.0.0.1:" + std::to_string(server.port()), key};
    try {
      static_cast<void>(operators.get("/admin/v1/events"));
      CHECK(false);
    } catch (const refused& why) {
      CHECK_EQ(why.status(), 308);
      CHECK(contains(why.what(), "sends on to " + there));
    }
    CHECK_EQ(target.heard(), "");
  }
}

SCENARIO("addresses of nodes are read, with their ports or without") {
  auto read = [](const std::string& text) {
    auto url = parse_url(text);
    return url ? to_string(*url) : "none";
  };
  CHECK_EQ(read("http://127.0.0.1:8081"), "http://127.0.0.1:8081");
  CHECK_EQ(read("https://tickets.example/"), "https://tickets.example:443");
  CHECK_EQ(read("http://tickets.example"), "http://tickets.example:80");
  CHECK_EQ(read("https://[::1]"), "https://[::1]:443");
  CHECK_EQ(read("https://[::1]:8443"), "https://[::1]:8443");
  for (const auto* wrong : {"", "https://", "ftp://a:1", "tickets.example", "https://a:", "https://a:99999",
                            "https://::1", "https://a/b", "https://user@a", "HTTPS://a"})
    CHECK_EQ(read(wrong), "none");
}
