#define CAF_SUITE gateway.buyers_http

#include "codec/json_time.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;

namespace {

struct fixture : served {
  http_client http{port()};

  headers as_buyer(headers more = {}) {
    auto made = http.call("POST", "/v1/sessions").json();
    more.emplace_back("Authorization", "Bearer " + std::string{made.at("token").as_string()});
    return more;
  }
};

const std::string seat_3 = R"({"seats":["S-A-3"]})";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("anybody may look at events, plans and seats") {
  GIVEN("a gateway with two events") {
    CHECK_EQ(http.call("GET", "/v1/events").json().at("events").as_array().size(), 2u);
    auto event = http.call("GET", "/v1/events/rock");
    CHECK_EQ(event.status, 200u);
    CHECK_EQ(event.json().at("id").as_string(), "rock");
    CHECK_EQ(event.headers.at("usher-request-id").size(), 16u);
    CHECK_EQ(event.headers.at("x-content-type-options"), "nosniff");
    auto seats = http.call("GET", "/v1/events/rock/sections/stalls/seats").json();
    CHECK_EQ(seats.at("status").as_string(), "........");
    CHECK_EQ(seats.at("seq").to_number<int>(), 10);
    auto plan = http.call("GET", "/v1/events/rock/plan");
    CHECK_EQ(plan.text, R"({"name":"Small hall"})");
    auto again = http.call("GET", "/v1/events/rock/plan", {}, {{"If-None-Match", plan.headers.at("etag")}});
    CHECK_EQ(again.status, 304u);
    CHECK_EQ(again.text, "");
  }
}

SCENARIO("a hidden event is there for operators, and for whoever has something in it") {
  GIVEN("a buyer with a hold in an event that is hidden then") {
    auto buyer = as_buyer();
    auto held = http.call("POST", "/v1/events/open/holds", seat_3, buyer);
    REQUIRE_EQ(held.status, 201u);
    auto hold = std::string{held.json().at("hold").as_string()};
    websocket_client client{port()};
    client.hello();
    http_client boss{operators()};
    auto put = [&](const char* body) { return boss.call("PUT", "/admin/v1/events/open", body, operators_key).status; };
    CHECK_EQ(put(R"({"hidden":true})"), 200u);
    await([&] { return http.call("GET", "/v1/events/open").status == 404; });
    THEN("there is nothing of it to see, to wait for or to hold") {
      for (const char* path : {"/v1/events/open/plan", "/v1/events/open/sections/stalls/seats"})
        CHECK_EQ(http.call("GET", path).slug(), "not-found");
      CHECK_EQ(http.call("POST", "/v1/events/open/queue", {}, buyer).slug(), "not-found");
      CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, buyer).slug(), "not-found");
      for (const char* frame : {R"({"type":"queue.join","id":"r","event":"open"})",
                                R"({"type":"seats.watch","id":"r","event":"open","section":"stalls"})",
                                R"({"type":"hold","id":"r","event":"open","seats":["S-A-3"]})"})
        CHECK_EQ(client.ask(frame, "r").at("problem").as_object().at("status").to_number<int>(), 404);
      await([&] { return http.call("GET", "/v1/events").json().at("events").as_array().size() == 1; });
    }
    THEN("the hold is found, paid for and given back") {
      CHECK_EQ(http.call("GET", "/v1/holds/" + hold, {}, buyer).status, 200u);
      auto paid = buyer;
      paid.emplace_back("Idempotency-Key", "k");
      auto order =
          http.call("POST", "/v1/orders", R"({"hold":")" + hold + R"(","payment":{"method":"sandbox"}})", paid);
      CHECK_EQ(order.status / 100, 2u);
      auto name = std::string{order.json().at("order").as_string()};
      CHECK_EQ(http.call("GET", "/v1/orders/" + name, {}, buyer).status, 200u);
      CHECK_EQ(http.call("DELETE", "/v1/holds/" + hold, {}, buyer).status, 204u);
    }
    THEN("operators see it, and show it again") {
      CHECK_EQ(boss.call("GET", "/admin/v1/events/open", {}, operators_key).status, 200u);
      auto all = boss.call("GET", "/admin/v1/events", {}, operators_key).json();
      CHECK_EQ(all.at("events").as_array().size(), 2u);
      CHECK_EQ(put(R"({"hidden":false})"), 200u);
      await([&] { return http.call("GET", "/v1/events/open").status == 200; });
    }
  }
}

SCENARIO("HEAD answers without a body, and what is not there says so") {
  GIVEN("a connection") {
    auto head = http.call("HEAD", "/v1/events/rock");
    CHECK_EQ(head.status, 200u);
    CHECK_EQ(head.text, "");
    CHECK_EQ(http.call("GET", "/v1/events/jazz").slug(), "not-found");
    CHECK_EQ(http.call("GET", "/v1/events/rock/sections/roof/seats").slug(), "not-found");
    CHECK_EQ(http.call("GET", "/nowhere").slug(), "not-found");
    auto wrong = http.call("DELETE", "/v1/events");
    CHECK_EQ(wrong.status, 405u);
    CHECK_EQ(wrong.headers.at("allow"), "GET, HEAD");
    CHECK_EQ(wrong.headers.at("content-type"), "application/problem+json");
  }
}

SCENARIO("a buyer waits, holds, pays and gets a ticket") {
  GIVEN("an anonymous buyer") {
    auto buyer = as_buyer();
    auto joined = http.call("POST", "/v1/events/rock/queue", {}, buyer);
    CHECK_EQ(joined.status, 201u);
    CHECK_EQ(joined.json().at("number").to_number<int>(), 7);
    CHECK_EQ(http.call("POST", "/v1/events/rock/queue", {}, buyer).status, 200u);
    auto with_place = buyer;
    with_place.emplace_back("Usher-Queue", joined.json().at("token").as_string().c_str());
    CHECK_EQ(http.call("GET", "/v1/events/rock/queue", {}, with_place).status, 200u);
    CHECK_EQ(http.call("DELETE", "/v1/events/rock/queue", {}, with_place).status, 204u);

    auto held = http.call("POST", "/v1/events/open/holds", seat_3, buyer);
    CHECK_EQ(held.status, 201u);
    auto hold = std::string{held.json().at("hold").as_string()};
    CHECK_EQ(held.headers.at("location"), "/v1/holds/" + hold);
    CHECK_EQ(http.call("GET", "/v1/holds/" + hold, {}, buyer).status, 200u);

    auto pay = R"({"hold":")" + hold + R"(","payment":{"method":"card"}})";
    auto keyed = buyer;
    keyed.emplace_back("Idempotency-Key", "k1");
    auto order = http.call("POST", "/v1/orders", pay, keyed);
    CHECK_EQ(order.status, 202u);
    auto name = std::string{order.json().at("order").as_string()};
    CHECK_EQ(http.call("GET", "/v1/orders/" + name, {}, buyer).json().at("state").as_string(), "confirmed");
    auto tickets = http.call("GET", "/v1/orders/" + name + "/tickets", {}, buyer);
    CHECK_EQ(tickets.status, 200u);
    auto picture = http.call("GET", "/v1/tickets/" + name + "~1.svg", {}, buyer);
    CHECK_EQ(picture.headers.at("content-type"), "image/svg+xml");
    CHECK(picture.text.starts_with("<svg"));
    CHECK_EQ(http.call("GET", "/v1/tickets/" + name + "~2.svg", {}, buyer).status, 404u);
    CHECK_EQ(http.call("POST", "/v1/orders/" + name + "/cancel", {}, buyer).json().at("state").as_string(),
             "cancelled");
    CHECK_EQ(http.call("DELETE", "/v1/holds/" + hold, {}, buyer).status, 204u);
  }
}

SCENARIO("what a buyer may not do is refused with its problem") {
  GIVEN("a buyer without a pass") {
    auto buyer = as_buyer();
    CHECK_EQ(http.call("POST", "/v1/events/rock/holds", seat_3, buyer).slug(), "not-admitted");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3).slug(), "unauthorized");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, {{"Authorization", "Bearer forged"}}).status, 401u);
    auto taken = http.call("POST", "/v1/events/open/holds", R"({"seats":["S-A-1"]})", buyer);
    CHECK_EQ(taken.status, 409u);
    CHECK_EQ(taken.slug(), "seat-taken");
    CHECK_EQ(taken.json().at("seats").as_array().at(0).as_string(), "S-A-1");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", R"({"seats":["X"]})", buyer).slug(), "not-found");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", "{", buyer).slug(), "bad-request");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", "[]", buyer).slug(), "bad-request");
    CHECK_EQ(http.call("GET", "/v1/holds/nonsense", {}, buyer).slug(), "not-found");
    CHECK_EQ(http.call("GET", "/v1/orders/nonsense", {}, buyer).slug(), "not-found");
    CHECK_EQ(http.call("POST", "/v1/orders", "{}", buyer).slug(), "bad-request");
    auto form = buyer;
    form.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, form).status, 415u);
  }
}

SCENARIO("a key is no way to another buyer's token") {
  auto first = http.call("POST", "/v1/sessions", {}, {{"Idempotency-Key", "first-order"}}).json();
  auto second = http.call("POST", "/v1/sessions", {}, {{"Idempotency-Key", "first-order"}}).json();
  CHECK(first.at("buyer") != second.at("buyer"));
}

SCENARIO("the scheme of a token may be written in any case, and there is no other") {
  std::string token{http.call("POST", "/v1/sessions").json().at("token").as_string()};
  for (auto* scheme : {"Bearer ", "bearer ", "BEARER "})
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, {{"Authorization", scheme + token}}).status, 201u);
  for (auto* scheme : {"", "Bearer", "Basic ", "Bear "})
    CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, {{"Authorization", scheme + token}}).status, 401u);
}

SCENARIO("a misspelt wish is refused") {
  auto buyer = as_buyer();
  auto wrong = [&](const std::string& body) {
    auto answer = http.call("POST", "/v1/events/open/holds", body, buyer);
    CHECK_EQ(answer.slug(), "bad-request");
    return std::string{answer.json().at("pointer").as_string()};
  };
  CHECK_EQ(wrong(R"({"seats":["S-A-3"],"categroy":"x"})"), "/categroy");
  CHECK_EQ(wrong(R"({"best":{"quantity":1,"categroy":"x"}})"), "/best/categroy");
}

SCENARIO("the same key gives the same answer, and another body is a mismatch") {
  GIVEN("a buyer with a key") {
    auto buyer = as_buyer({{"Idempotency-Key", "once"}});
    auto first = http.call("POST", "/v1/events/open/holds", seat_3, buyer);
    auto again = http.call("POST", "/v1/events/open/holds", seat_3, buyer);
    CHECK_EQ(first.text, again.text);
    CHECK_EQ(again.headers.at("idempotency-replayed"), "true");
    CHECK_EQ(notes->holds.load(), 1u);
    auto other = http.call("POST", "/v1/events/open/holds", R"({"seats":["S-A-4"]})", buyer);
    CHECK_EQ(other.status, 422u);
    CHECK_EQ(other.slug(), "idempotency-mismatch");
  }
}

SCENARIO("a hold that was granted with a pass is told again without one") {
  GIVEN("a buyer who was let in and holds a seat") {
    websocket_client client{port()};
    auto welcome = client.hello();
    auto text = [](const boost::json::object& frame, const char* name) {
      return std::string{frame.at(name).as_string()};
    };
    client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    notes->tell(messages::people_admitted{domain::event_id{"rock"},
                                          {{domain::queue_number{7}, domain::buyer_id{text(welcome, "buyer")}}},
                                          in_ten_minutes()});
    headers buyer{{"Authorization", "Bearer " + text(welcome, "token")}};
    auto with = [&](const std::string& key, headers more) {
      more.insert(more.end(), buyer.begin(), buyer.end());
      more.emplace_back("Idempotency-Key", key);
      return http.call("POST", "/v1/events/rock/holds", seat_3, more);
    };
    headers pass{{"Usher-Pass", text(client.next("queue.admitted"), "pass")}};
    auto first = with("once", pass);
    CHECK_EQ(first.status, 201u);
    THEN("the same key gives the same answer, and another one none") {
      CHECK_EQ(with("once", {}).text, first.text);
      CHECK_EQ(with("another", {}).slug(), "not-admitted");
      CHECK_EQ(with("another", {}).slug(), "not-admitted");
    }
    THEN("with a pass that is over, a repeat of what another way granted gets its answer, and nothing new is held") {
      client.ask(R"({"type":"hold","id":"h","event":"rock","key":"by frame","seats":["S-A-3"],"pass":")"
                     + pass.front().second + "\"}",
                 "h");
      ahead = std::chrono::hours{1};
      CHECK_EQ(with("by frame", pass).status, 201u);
      CHECK_EQ(with("another", pass).slug(), "not-admitted");
    }
  }
}

SCENARIO("a repeated hold is told again when its pass has ended, on any thread and over both transports") {
  GIVEN("a gateway of two threads, and buyers whose passes have ended since they held a seat") {
    auto configured = quick_options();
    configured.threads = 2;
    served gateway{configured};
    auto text = [](const boost::json::object& frame, const char* name) {
      return std::string{frame.at(name).as_string()};
    };
    websocket_client client{gateway.port()};
    auto welcome = client.hello();
    client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    gateway.notes->tell(messages::people_admitted{domain::event_id{"rock"},
                                                  {{domain::queue_number{7}, domain::buyer_id{text(welcome, "buyer")}}},
                                                  served::in_ten_minutes()});
    auto pass = text(client.next("queue.admitted"), "pass");
    auto ask = [](websocket_client& one, const std::string& more) {
      return one.ask(R"({"type":"hold","id":"h","event":"rock","seats":["S-A-3"])" + more + "}", "h");
    };
    auto held = ask(client, R"(,"key":"k")");
    CHECK_EQ(text(held, "type"), "held");
    gateway.ahead = std::chrono::duration_cast<std::chrono::seconds>(configured.pass_ttl) + std::chrono::seconds{10};
    THEN("the client is told so on its connection, and on another one that shows the pass") {
      CHECK_EQ(text(ask(client, R"(,"key":"k")"), "hold"), text(held, "hold"));
      CHECK_EQ(text(ask(client, R"(,"key":"other")"), "type"), "problem");
      CHECK_EQ(text(ask(client, ""), "type"), "problem");
      websocket_client back{gateway.port()};
      back.hello(R"(,"token":")" + text(welcome, "token") + '"');
      CHECK_EQ(text(ask(back, R"(,"key":"k")"), "type"), "problem"); // it does not show that it was ever admitted
      CHECK_EQ(text(ask(back, R"(,"key":"k","pass":")" + pass + '"'), "hold"), text(held, "hold"));
    }
    THEN("and over HTTP on each thread") {
      for (int i = 0; i < 2; ++i) {
        http_client other{gateway.port()};
        headers shown{{"Authorization", "Bearer " + text(welcome, "token")}, {"Usher-Pass", pass}};
        auto with = [&](const std::string& key) {
          auto all = shown;
          all.emplace_back("Idempotency-Key", key);
          return other.call("POST", "/v1/events/rock/holds", seat_3, all);
        };
        CHECK_EQ(with("k").status, 201u);
        CHECK_EQ(text(with("k").json().as_object(), "hold"), text(held, "hold"));
        CHECK_EQ(with("other").slug(), "not-admitted");
        CHECK_EQ(other.call("POST", "/v1/events/rock/holds", seat_3, shown).slug(), "not-admitted");
      }
    }
    CHECK_EQ(gateway.notes->holds.load(), 1u);
  }
}

SCENARIO("what is no HTTP, or too much of it, is refused") {
  GIVEN("fresh connections") {
    CHECK(http_client{port()}.raw("GET / HTTP/9.9\r\n\r\n").starts_with("HTTP/1.1 400 "));
    CHECK(http_client{port()}.raw("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    auto huge = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
    CHECK(http_client{port()}.raw(huge).starts_with("HTTP/1.1 413 "));
    auto long_header = "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
    CHECK(http_client{port()}.raw(long_header).starts_with("HTTP/1.1 431 "));
    CHECK_EQ(http.call("GET", "/v1/ws").status, 400u);
  }
}

SCENARIO("a request names one host, and may name it in its target") {
  GIVEN("fresh connections") {
    auto status = [this](const std::string& head) {
      return http_client{port()}.raw(head + "Connection: close\r\n\r\n").substr(0, 12);
    };
    CHECK_EQ(status("GET /healthz HTTP/1.1\r\n"), "HTTP/1.1 400");
    CHECK_EQ(status("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n"), "HTTP/1.1 400");
    CHECK_EQ(status("GET /healthz HTTP/1.0\r\n"), "HTTP/1.1 200");
    CHECK_EQ(status("GET http://localhost/healthz?x HTTP/1.1\r\nHost: localhost\r\n"), "HTTP/1.1 200");
    CHECK_EQ(status("GET http://localhost HTTP/1.1\r\nHost: localhost\r\n"), "HTTP/1.1 404");
  }
}

SCENARIO("a WebSocket that cannot be opened is refused with a problem") {
  GIVEN("upgrades with something missing") {
    auto refused = [this](const std::string& more) {
      return http_client{port()}.raw("GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                     + more + "\r\n");
    };
    const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const std::string version = "Sec-WebSocket-Version: 13\r\n";
    const std::string protocol = "Sec-WebSocket-Protocol: usher.v1\r\n";
    auto old = refused(key + protocol + "Sec-WebSocket-Version: 8\r\n");
    CHECK(old.starts_with("HTTP/1.1 426 "));
    CHECK_NE(old.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos);
    auto keyless = refused(version + protocol);
    CHECK(keyless.starts_with("HTTP/1.1 400 "));
    auto foreign = refused(key + version);
    CHECK(foreign.starts_with("HTTP/1.1 400 "));
    for (const auto& answer : {old, keyless, foreign}) {
      CHECK_NE(answer.find("application/problem+json"), std::string::npos);
      CHECK_NE(answer.find("\r\nUsher-Request-Id: "), std::string::npos);
    }
  }
}

SCENARIO("what a buyer is told has an end is on the clock that the gateway was given") {
  GIVEN("a machine whose clock is two days away from the store's") {
    for (auto difference : {std::chrono::hours{48}, std::chrono::hours{-48}}) {
      ahead = difference;
      auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + difference;
      auto made = http.call("POST", "/v1/sessions").json();
      auto end = usher::codec::parse_time(std::string{made.at("expires_at").as_string()});
      REQUIRE(end.has_value());
      auto lasts = *end - before;
      CHECK(lasts >= gateway::options{}.token_ttl);
      CHECK(lasts < gateway::options{}.token_ttl + std::chrono::minutes{1});
      headers mine{{"Authorization", "Bearer " + std::string{made.at("token").as_string()}}};
      CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, mine).status, 201u);
      ahead = difference + std::chrono::duration_cast<std::chrono::hours>(gateway::options{}.token_ttl)
              + std::chrono::hours{1};
      CHECK_EQ(http.call("POST", "/v1/events/open/holds", seat_3, mine).status, 401u);
    }
  }
}

SCENARIO("health, readiness and documents") {
  GIVEN("a gateway whose node becomes unready") {
    CHECK_EQ(http.call("GET", "/healthz").status, 200u);
    CHECK_EQ(http.call("GET", "/readyz").status, 200u);
    ready = false;
    auto answer = http.call("GET", "/readyz");
    CHECK_EQ(answer.status, 503u);
    CHECK_EQ(answer.json().at("reason").as_string(), "starting");
    CHECK(http.call("GET", "/openapi.json").json().as_object().contains("openapi"));
    CHECK(http.call("GET", "/asyncapi.json").json().as_object().contains("asyncapi"));
  }
}

END_FIXTURE_SCOPE()
