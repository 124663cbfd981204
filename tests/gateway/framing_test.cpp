#define CAF_SUITE gateway.framing

#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::tests;

namespace {

const std::string session = "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const std::string next = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

struct fixture : served {
  using served::served;

  std::string raw(const std::string& bytes) { return http_client{port()}.raw(bytes); }

  /// The status lines of all answers to these bytes, the reasons left out.
  std::string statuses(const std::string& bytes) {
    std::string all;
    auto text = raw(bytes);
    for (auto at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1))
      all += (all.empty() ? "" : " ") + text.substr(at + 9, 3);
    return all;
  }
};

fixture with_shop() {
  auto configured = quick_options();
  configured.allowed_origins = {"https://shop.example"};
  return fixture{configured};
}

const std::string upgrade = "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: usher.v1\r\n";
const std::string version_13 = "Sec-WebSocket-Version: 13\r\n";

} // namespace

SCENARIO("a body whose framing is not understood gets one answer, and its connection ends") {
  GIVEN("codings that are no chunked, and a second request behind each") {
    fixture gateway;
    for (const auto* coding : {"identity", "xchunked", "chunked, identity", "gzip, chunked", "x"})
      CHECK_EQ(gateway.statuses(session + "Transfer-Encoding: " + coding + "\r\n\r\n" + next), "501");
    CHECK_EQ(gateway.statuses(session + "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next),
             "501");
    CHECK_EQ(gateway.statuses(session + "Transfer-Encoding: x\r\nContent-Length: 2\r\n\r\n{}" + next), "501");
    CHECK_EQ(gateway.statuses(session + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + next), "201 200");
  }
}

SCENARIO("nothing of a body that is no data fills the memory") {
  GIVEN("what may be long without being data: extensions of chunks, zeros before their sizes, trailers") {
    fixture gateway;
    auto chunked = session + "Transfer-Encoding: chunked\r\n\r\n";
    std::string much(1 << 20, 'a');
    CHECK_EQ(gateway.statuses(chunked + "1;" + much), "400");
    CHECK_EQ(gateway.statuses(chunked + std::string(1 << 20, '0')), "400");
    CHECK_EQ(gateway.statuses(chunked + "0\r\nX: " + much), "400");
    CHECK_EQ(gateway.statuses(chunked + "2;is=fine\r\n{}\r\n0\r\nX: y\r\n\r\n" + next), "201 200");
  }
}

SCENARIO("what comes behind a body is no header") {
  GIVEN("a buyer's token as a trailer, and as a header") {
    fixture gateway;
    auto made = http_client{gateway.port()}.call("POST", "/v1/sessions").json();
    auto token = "Authorization: Bearer " + std::string{made.at("token").as_string()} + "\r\n";
    std::string hold = "POST /v1/events/open/holds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "Connection: close\r\nTransfer-Encoding: chunked\r\n";
    std::string body = "13\r\n{\"seats\":[\"S-A-3\"]}\r\n0\r\n";
    CHECK_EQ(gateway.statuses(hold + "Trailer: Authorization\r\n\r\n" + body + token + "\r\n"), "401");
    CHECK_EQ(gateway.statuses(hold + token + "\r\n" + body + "\r\n"), "201");
  }
}

SCENARIO("types of content are compared as the standard wants, and answers say when they were made") {
  GIVEN("JSON by other names") {
    fixture gateway;
    for (const auto* type : {"Application/JSON", "application/json ; charset=utf-8", "application/Problem+JSON"})
      CHECK_EQ(gateway.statuses("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
                                + std::string{type} + "\r\nContent-Length: 2\r\n\r\n{}"),
               "201");
    CHECK_EQ(gateway.statuses("POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
             "415");
    auto date = http_client{gateway.port()}.call("GET", "/v1/events/open").headers.at("date");
    CHECK_EQ(date.size(), std::string{"Sun, 06 Nov 1994 08:49:37 GMT"}.size());
    CHECK(date.ends_with(" GMT"));
  }
}

SCENARIO("a WebSocket is opened by a request that nothing follows, in the right version") {
  GIVEN("frames in the same packet, a body, and another version") {
    fixture gateway;
    CHECK_EQ(gateway.statuses(upgrade + version_13 + "\r\n" + std::string{"\x81\x80\0\0\0\0", 6}), "400");
    CHECK_EQ(gateway.statuses(upgrade + version_13 + "Content-Length: 5\r\n\r\n"), "400");
    auto refused = gateway.raw(upgrade + "Sec-WebSocket-Version: 12\r\n\r\n");
    CHECK(refused.starts_with("HTTP/1.1 426 "));
    CHECK(refused.find("Upgrade: websocket\r\n") != std::string::npos);
  }
}

SCENARIO("probes are answered on the operators' port, too, without the key") {
  GIVEN("somebody without the key") {
    fixture gateway;
    http_client prober{gateway.operators()};
    CHECK_EQ(prober.call("GET", "/healthz").status, 200u);
    CHECK_EQ(prober.call("GET", "/readyz").status, 200u);
    gateway.ready = false;
    CHECK_EQ(prober.call("GET", "/readyz").status, 503u);
    CHECK_EQ(prober.call("GET", "/admin/v1/events").status, 401u);
  }
}

SCENARIO("pages of the listed origins may use the buyers' port, and no others") {
  GIVEN("a shop's page on the list, and a stranger's") {
    auto gateway = with_shop();
    auto from = [](const std::string& origin) { return "Origin: " + origin + "\r\n"; };
    auto get = [&](const std::string& method, const std::string& origin) {
      return gateway.raw(method + " /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + from(origin)
                         + "Access-Control-Request-Method: GET\r\n\r\n");
    };
    auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
    auto preflight = get("OPTIONS", "https://shop.example");
    CHECK(preflight.starts_with("HTTP/1.1 204 "));
    CHECK(has(preflight, "Access-Control-Allow-Origin: https://shop.example\r\n"));
    CHECK(has(preflight, "Access-Control-Allow-Methods: GET, HEAD, POST, DELETE\r\n"));
    CHECK(has(preflight, "Idempotency-Key"));
    CHECK(has(get("GET", "https://shop.example"), "Vary: Origin\r\n"));
    CHECK(!has(get("GET", "https://other.example"), "Access-Control"));
    CHECK(get("OPTIONS", "https://other.example").starts_with("HTTP/1.1 405 "));
    CHECK(has(gateway.raw("GET /v1/holds/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                          + from("https://shop.example") + "\r\n"),
              "Access-Control-Allow-Origin")); // a refusal, too
    auto operators = http_client{gateway.operators()}.raw(
        "OPTIONS /admin/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + from("https://shop.example")
        + "\r\n");
    CHECK(!has(operators, "Access-Control"));
    auto opened = [&](const std::string& more) {
      return http_client{gateway.port()}.head(upgrade + version_13 + more + "\r\n").substr(9, 3);
    };
    CHECK_EQ(opened(from("https://other.example")), "403");
    CHECK_EQ(opened(from("https://shop.example")), "101");
    CHECK_EQ(opened(from("http://localhost")), "101"); // its own page
    CHECK_EQ(opened(""), "101");
  }
}
