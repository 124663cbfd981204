#define CAF_SUITE gateway.live_proxies

#include "log/captured_log.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <memory>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

constexpr int burst = 2;
constexpr std::size_t proxy_rest = 200; ///< more than a line of the PROXY protocol may have

/// Every address may ask twice at once, except this machine itself, from which the tests come.
gateway::options limited_options(std::vector<std::string> trusted) {
  auto configured = quick_options();
  configured.per_address = {0.001, burst, 1000};
  configured.trusted_proxies = std::move(trusted);
  return configured;
}

/// A gateway behind proxies: whose requests it refuses shows which address it takes a client to have.
struct behind : served {
  explicit behind(std::vector<std::string> trusted) : served{limited_options(std::move(trusted))} {}

  /// How many of five requests with this header are answered other than with 429.
  int answered(const std::string& forwarded_for) {
    int count = 0;
    for (int i = 0; i < 5; ++i)
      count +=
          http_client{port()}.call("GET", "/v1/events/rock", {}, {{"X-Forwarded-For", forwarded_for}}).status != 429;
    return count;
  }
  /// Whether nobody has asked under this address so far.
  bool is_new(const std::string& forwarded_for) { return answered(forwarded_for) == burst; }
  /// Whether somebody has asked too often under this address.
  bool is_known(const std::string& forwarded_for) { return answered(forwarded_for) == 0; }
  /// How many of five requests without any header are answered other than with 429.
  int answered_without() {
    int count = 0;
    for (int i = 0; i < 5; ++i)
      count += http_client{port()}.call("GET", "/v1/events/rock").status != 429;
    return count;
  }

  /// How many of five WebSockets with this header are opened.
  int opened(const std::string& forwarded_for) {
    int count = 0;
    for (int i = 0; i < 5; ++i) {
      try {
        websocket_client client{port(), "usher.v1", {{"X-Forwarded-For", forwarded_for}}};
        ++count;
      } catch (const std::exception&) {
        // refused
      }
    }
    return count;
  }
};

/// A gateway that is told by the PROXY protocol who its clients are.
struct passed_on : served {
  explicit passed_on(gateway::options configured) : served{std::move(configured)} {}

  static gateway::options options() {
    auto configured = limited_options({"127.0.0.0/8"});
    configured.proxy_protocol = true;
    return configured;
  }

  /// How many of five requests, each on a connection that begins so, are answered other than with 429.
  int answered(const std::string& beginning, const headers& more = {}) {
    int count = 0;
    for (int i = 0; i < 5; ++i) {
      http_client client{port()};
      client.send(beginning);
      count += client.call("GET", "/v1/events/rock", {}, more).status != 429;
    }
    return count;
  }
};

std::string line_of(const std::string& source) {
  return "PROXY TCP4 " + source + " 198.51.100.1 40000 443\r\n";
}

const std::vector<std::string> own_proxies{"127.0.0.0/8", "10.0.0.0/8", "2001:db8:ffff::/48"};

} // namespace

SCENARIO("behind a trusted proxy each client counts for itself") {
  GIVEN("a proxy on this machine") {
    behind gateway{own_proxies};
    CHECK(gateway.is_new("192.0.2.1"));
    CHECK(gateway.is_new("192.0.2.2"));
    THEN("however the proxies write it") {
      CHECK(gateway.is_known("192.0.2.1"));
      CHECK(gateway.is_known(" 192.0.2.1 "));
      CHECK(gateway.is_known("192.0.2.1:4711"));
      CHECK(gateway.is_known("::ffff:192.0.2.1"));
      CHECK(gateway.is_known("[::ffff:192.0.2.1]:4711"));
    }
    THEN("through several proxies, in one header or several") {
      CHECK(gateway.is_known("192.0.2.1, 10.0.0.7"));
      CHECK(gateway.is_known("192.0.2.1,10.0.0.7,127.0.0.1"));
      CHECK(gateway.is_known("192.0.2.1, 2001:db8:ffff::5, [2001:db8:ffff::6]:80"));
      CHECK(gateway.is_new("192.0.2.3, 10.0.0.7"));
      auto text = http_client{gateway.port()}.raw("GET /v1/events/rock HTTP/1.1\r\nHost: localhost\r\n"
                                                  "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.7\r\n"
                                                  "Connection: close\r\n\r\n");
      CHECK_EQ(text.substr(0, 12), "HTTP/1.1 429");
    }
    THEN("what a client wrote itself stands left of what the proxy wrote, and does not count") {
      CHECK(gateway.is_known("198.51.100.1, 192.0.2.1"));
      CHECK(gateway.is_known("127.0.0.1, 192.0.2.1"));
      CHECK(gateway.is_known("nonsense, 192.0.2.1, 10.0.0.7"));
    }
    THEN("nobody becomes a client of this machine by saying so") {
      CHECK(gateway.is_new("10.1.2.3"));
      CHECK(gateway.is_known("127.0.0.1, 10.1.2.3"));
      CHECK(gateway.is_known("::1, 10.1.2.3, 10.0.0.7"));
    }
    THEN("an IPv6 customer is one, whichever of their addresses they use") {
      CHECK(gateway.is_new("2001:db8:1:2::1"));
      CHECK(gateway.is_known("2001:db8:1:2:3:4:5:6"));
      CHECK(gateway.is_known("[2001:db8:1:2::9]:443"));
      CHECK(gateway.is_new("2001:db8:1:3::1"));
    }
    THEN("what is no address ends the search at the proxy that wrote it, which is an address like any other") {
      CHECK(gateway.is_new("nonsense"));
      for (const auto* nonsense : {"nonsense", "", ",", "192.0.2.1,", "192.0.2.1, unknown", "999.1.1.1",
                                   "192.0.2.1 10.0.0.7", "[2001:db8::1", "fe80::1%eth0"})
        CHECK(gateway.is_known(nonsense));
      CHECK(gateway.is_known(std::string(5000, ',')));
      CHECK_EQ(gateway.answered_without(), 0);
    }
  }
}

SCENARIO("a WebSocket's client counts as an HTTP client does") {
  GIVEN("a proxy on this machine") {
    behind gateway{own_proxies};
    CHECK_EQ(gateway.opened("192.0.2.1, 10.0.0.7"), burst);
    CHECK(gateway.is_known("192.0.2.1"));
    THEN("its frames, too") {
      websocket_client remote{gateway.port(), "usher.v1", {{"X-Forwarded-For", "192.0.2.2"}}};
      remote.hello();
      auto last = boost::json::object{};
      for (int i = 0; i <= burst; ++i)
        last = remote.ask(R"({"type":"ping","id":"p"})", "p");
      CHECK_EQ(last.at("type").as_string(), "problem");
    }
  }
}

SCENARIO("a header from somebody who is not a trusted proxy is not believed") {
  GIVEN("a gateway that trusts other machines only") {
    log::captured_log logged{"gateway"};
    behind gateway{{"10.0.0.0/8", "::2"}};
    CHECK_EQ(gateway.answered_without(), 5);
    CHECK_EQ(logged.count("http.trusted-proxies"), 0);
    THEN("whatever the header says, the client is who is connected; but who forwards is no program of this machine") {
      CHECK(gateway.is_new("192.0.2.1"));
      CHECK(gateway.is_known("10.0.0.7, 10.0.0.8"));
      CHECK_EQ(gateway.opened("192.0.2.1"), 0);
      for (const auto* name : {"Forwarded", "Via", "X-Real-IP"})
        CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events/rock", {}, {{name, "x"}}).status, 429u);
      CHECK_EQ(gateway.answered_without(), 5);
      CHECK_EQ(logged.count("http.trusted-proxies"), 1);
    }
  }
  GIVEN("one that trusts nobody and limits its own machine, too") {
    auto configured = limited_options({});
    configured.per_address = {0.001, 50, 1000};
    configured.limit_loopback = true;
    served gateway{configured};
    THEN("another address in each header does not help") {
      int count = 0;
      auto asks = [&] {
        headers forged{{"X-Forwarded-For", "192.0.2." + std::to_string(++count)}};
        return http_client{gateway.port()}.call("GET", "/v1/events/rock", {}, forged).status;
      };
      while (count < 200 && asks() != 429) {
      }
      CHECK_LE(count, 51);
      CHECK_THROWS_AS((websocket_client{gateway.port(), "usher.v1", {{"X-Forwarded-For", "192.0.2.250"}}}),
                      std::exception);
    }
  }
}

SCENARIO("a trusted proxy may write Forwarded as well") {
  GIVEN("a proxy on this machine") {
    behind gateway{own_proxies};
    auto answered = [&](const headers& said) {
      int count = 0;
      for (int i = 0; i < 5; ++i)
        count += http_client{gateway.port()}.call("GET", "/v1/events/rock", {}, said).status != 429;
      return count;
    };
    CHECK_EQ(answered({{"Forwarded", "for=192.0.2.1;proto=https"}}), burst);
    CHECK(gateway.is_known("192.0.2.1"));
    CHECK_EQ(answered({{"Forwarded", R"(For="[2001:db8:1:2::1]:4711", for=10.0.0.7)"}}), burst);
    CHECK(gateway.is_known("2001:db8:1:2::9"));
    THEN("both together count when they agree, and else as the proxy itself") {
      CHECK_EQ(answered({{"Forwarded", "for=192.0.2.1"}, {"X-Forwarded-For", "192.0.2.1"}}), 0);
      CHECK_EQ(answered({{"Forwarded", "for=192.0.2.7"}, {"X-Forwarded-For", "192.0.2.8"}}), burst);
      CHECK_EQ(answered({{"Forwarded", "for=192.0.2.9"}, {"X-Forwarded-For", "192.0.2.10"}}), 0);
      CHECK_EQ(gateway.answered_without(), 0);
      for (const auto* nobody : {"192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10"})
        CHECK(gateway.is_new(nobody));
    }
  }
}

SCENARIO("by the PROXY protocol each client counts for itself") {
  GIVEN("a proxy on this machine that speaks it") {
    passed_on gateway{passed_on::options()};
    CHECK_EQ(gateway.answered(line_of("192.0.2.1")), burst);
    CHECK_EQ(gateway.answered(line_of("192.0.2.2")), burst);
    const std::string binary{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\x01\xbb", 28};
    CHECK_EQ(gateway.answered(binary), 0);
    THEN("whatever the client's headers say") {
      CHECK_EQ(gateway.answered(line_of("192.0.2.1"), {{"X-Forwarded-For", "192.0.2.50"}}), 0);
      CHECK_EQ(gateway.answered(line_of("192.0.2.50")), burst);
    }
    THEN("but a second proxy behind the first is asked who came to it") {
      CHECK_EQ(gateway.answered(line_of("127.0.0.9"), {{"X-Forwarded-For", "192.0.2.60"}}), burst);
      CHECK_EQ(gateway.answered(line_of("192.0.2.60")), 0);
    }
    THEN("what is the proxy's own counts as its") {
      CHECK_EQ(gateway.answered("PROXY UNKNOWN\r\n", {{"X-Forwarded-For", "192.0.2.70"}}), burst);
      CHECK_EQ(gateway.answered("PROXY UNKNOWN\r\n", {{"X-Forwarded-For", "192.0.2.71"}}), 0);
      CHECK_EQ(gateway.answered(std::string{"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16}), 0);
    }
    THEN("a WebSocket's client, too") {
      http_client client{gateway.port()};
      auto told = client.head(line_of("192.0.2.2")
                              + "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
                                "Sec-WebSocket-Protocol: usher.v1\r\n\r\n");
      CHECK_EQ(told.substr(0, 13), "HTTP/1.1 429 ");
    }
    THEN("who does not speak it is closed without a word, and operators need not") {
      for (const std::string beginning :
           {"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n", "PROXY TCP4 nonsense\r\n", "\r\n\r\n"})
        CHECK_EQ(http_client{gateway.port()}.raw(beginning + std::string(proxy_rest, 'x')), "");
      CHECK_EQ(http_client{gateway.operators()}.call("GET", "/admin/v1/events", {}, operators_key).status, 200u);
    }
  }
  GIVEN("one whose clients may have two connections each") {
    auto configured = passed_on::options();
    configured.per_address = {1e6, 1e6, 1000};
    configured.connections_per_address_max = 2;
    passed_on gateway{configured};
    auto come_from = [&](const std::string& source) {
      auto client = std::make_unique<http_client>(gateway.port());
      client->send(line_of(source));
      return client;
    };
    auto first = come_from("192.0.2.1"), second = come_from("192.0.2.1");
    CHECK_EQ(first->call("GET", "/v1/events").status, 200u);
    CHECK_EQ(second->call("GET", "/v1/events").status, 200u);
    THEN("a third is refused, and another client's is not") {
      CHECK_EQ(come_from("192.0.2.1")->call("GET", "/v1/events").slug(), "overloaded");
      CHECK_EQ(come_from("192.0.2.2")->call("GET", "/v1/events").status, 200u);
    }
  }
  GIVEN("little patience with a proxy that says half of it") {
    auto configured = passed_on::options();
    configured.header_timeout = 1s;
    passed_on gateway{configured};
    CHECK_EQ(http_client{gateway.port()}.raw("PROXY TCP4 192.0.2.1 "), "");
    CHECK_EQ(http_client{gateway.port()}.raw(line_of("192.0.2.1")), "");
  }
  GIVEN("a gateway that trusts other proxies") {
    auto configured = passed_on::options();
    configured.trusted_proxies = {"10.0.0.0/8"};
    passed_on gateway{configured};
    CHECK_EQ(http_client{gateway.port()}.raw(line_of("192.0.2.1")), "");
  }
}

SCENARIO("whoever trusts everybody is warned") {
  for (const std::string everybody : {"0.0.0.0/0", "::/0"}) {
    log::captured_log logged{"gateway"};
    behind gateway{{"10.0.0.0/8", everybody}};
    CHECK_EQ(logged.count("trusted_proxies contain everybody"), 1);
  }
  log::captured_log logged{"gateway"};
  behind gateway{own_proxies};
  CHECK_EQ(logged.count("everybody"), 0);
}
