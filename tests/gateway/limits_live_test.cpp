#define CAF_SUITE gateway.live_limits

#include "codec/signed_claims.hpp"
#include "messages/refusal.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <memory>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

/// Tells whoever watches the stalls more than the system's own buffers take.
void fill_system_buffers(served& gateway) {
  messages::seats_changed change{domain::event_id{"rock"}, domain::section_no{0}, domain::epoch{1}, 10, {}};
  for (std::uint32_t seat = 0; seat < 20'000; ++seat)
    change.set.emplace_back(domain::seat_no{seat % 8}, 'H');
  for (int round = 0; round < 200; ++round) {
    ++change.seq;
    gateway.notes->tell(change);
  }
}

/// Watches all of the small hall and loses the connection. Returns what to add to `hello` to go on.
std::string watch_and_vanish(served& gateway) {
  websocket_client lost{gateway.port()};
  auto session = std::string{lost.hello().at("session").as_string()};
  for (const std::string section : {"stalls", "balcony", "floor"})
    lost.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":")" + section + "\"}", "w");
  lost.vanish();
  return R"(,"resume":{"session":")" + session + R"(","seen":0})";
}

/// One section whose snapshot is several times what may be queued for a connection.
domain::shared_plan huge_hall() {
  domain::section_plan huge;
  huge.id = "huge";
  huge.name = "Huge";
  huge.rows = {"A"};
  for (int number = 1; number <= 200'000; ++number)
    huge.seats.push_back(planned("a-seat-with-a-long-name-" + std::to_string(number), std::to_string(number), 0, 0));
  return std::make_shared<const domain::seating_plan>("Huge hall", std::vector<std::string>{"Gold"},
                                                      std::vector<domain::section_plan>{huge});
}

/// A client that has said hello, as soon as there is room: the loss of earlier ones may not have been noticed yet.
std::unique_ptr<websocket_client> come_in(served& gateway) {
  std::unique_ptr<websocket_client> client;
  served::await([&] {
    try {
      client = std::make_unique<websocket_client>(gateway.port());
    } catch (const std::exception&) {
      return false; // refused
    }
    return true;
  });
  client->hello();
  return client;
}

} // namespace

SCENARIO("a client that reads nothing is closed and nobody else suffers") {
  GIVEN("a small queue for each connection") {
    auto configured = quick_options();
    configured.outgoing_bytes_max = 64 * 1024;
    served gateway{configured};
    websocket_client slow{gateway.port()};
    slow.hello();
    slow.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"stalls"})", "w");
    fill_system_buffers(gateway);
    websocket_client other{gateway.port()};
    other.hello();
    CHECK_EQ(other.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
    CHECK_EQ(slow.close_code(), 4201u);
  }
}

SCENARIO("who shows signs of life but does not read is closed when a frame is not read for too long") {
  GIVEN("a second for a frame to be read, and room for all that is sent") {
    auto configured = quick_options();
    configured.write_timeout = 1s;
    configured.outgoing_bytes_max = 1024 * 1024 * 1024;
    served gateway{configured};
    websocket_client slow{gateway.port()};
    slow.hello();
    slow.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"stalls"})", "w");
    fill_system_buffers(gateway);
    WHEN("it pings, and reads nothing") {
      http_client boss{gateway.operators()};
      int pings = 0;
      served::await([&] {
        if (++pings < 50)
          slow.ping();
        auto page = boss.call("GET", "/metrics", {}, operators_key).text;
        return page.find("usher_gateway_slow_readers_total 1 ") != std::string::npos;
      });
      THEN("it is told why before its connection ends") {
        CHECK_EQ(slow.close_code(), 4201u);
      }
    }
  }
}

SCENARIO("who comes too often is told when to come back, and at last closed") {
  GIVEN("a limit of two requests of one buyer at once, also for programs of this machine") {
    auto configured = quick_options();
    configured.per_buyer = {0.01, 2, 100};
    configured.strikes_max = 3;
    served gateway{configured};
    websocket_client eager{gateway.port()};
    eager.hello();
    auto ping = [&](const std::string& id) { return eager.ask(R"({"type":"ping","id":")" + id + "\"}", id); };
    CHECK_EQ(ping("1").at("type").as_string(), "pong");
    CHECK_EQ(ping("2").at("type").as_string(), "pong");
    auto refused = ping("3");
    CHECK_EQ(refused.at("type").as_string(), "problem");
    CHECK_EQ(refused.at("problem").as_object().at("status").to_number<int>(), 429);
    ping("4");
    eager.send(R"({"type":"ping","id":"5"})");
    CHECK_EQ(eager.close_code(), 4129u);
  }
}

SCENARIO("too many requests in flight are refused, and answers that never come end the connection") {
  GIVEN("room for one unanswered request, and one second of patience") {
    auto configured = quick_options();
    configured.requests_max = 1;
    configured.request_timeout = 1s;
    served gateway{configured};
    websocket_client first{gateway.port()};
    ask_in_vain(first);
    websocket_client second{gateway.port()};
    second.hello();
    auto refused = second.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h");
    CHECK_EQ(refused.at("problem").as_object().at("status").to_number<int>(), 503);
    CHECK_EQ(first.close_code(), 4100u);
    auto held = second.ask(R"({"type":"hold","id":"i","event":"open","seats":["S-A-3"]})", "i");
    CHECK_EQ(held.at("type").as_string(), "held");
  }
}

SCENARIO("an answer that does not say what became of a request ends the connection, and refuses nothing") {
  GIVEN("requests whose answers are dropped, as often as they are asked within a second") {
    auto configured = quick_options();
    configured.request_timeout = 1s;
    served gateway{configured};
    auto fails = [&](std::size_t times, const caf::error& why) {
      std::lock_guard guard{gateway.notes->lock};
      gateway.notes->hold_fails.assign(times, why);
    };
    const std::string wish = R"({"seats":["S-A-3"]})";
    auto buyer = std::string{http_client{gateway.port()}.call("POST", "/v1/sessions").json().at("token").as_string()};
    fails(1000, caf::make_error(caf::sec::broken_promise));
    websocket_client unlucky{gateway.port()};
    unlucky.hello();
    unlucky.send(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})");
    CHECK_EQ(unlucky.close_code(), 4100u);
    CHECK_EQ(http_client{gateway.port()}.raw("POST /v1/events/open/holds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                                             + buyer + "\r\nContent-Length: " + std::to_string(wish.size()) + "\r\n\r\n"
                                             + wish),
             "");
    THEN("one whose answer is dropped once is granted all the same") {
      fails(1, caf::make_error(caf::sec::broken_promise));
      websocket_client client{gateway.port()};
      client.hello();
      auto held = client.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h");
      CHECK_EQ(held.at("type").as_string(), "held");
    }
    THEN("one that is overloaded says that nothing has changed") {
      fails(1, messages::to_error(domain::rejection::overloaded));
      websocket_client client{gateway.port()};
      client.hello();
      auto refused = client.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h");
      CHECK_EQ(refused.at("problem").as_object().at("status").to_number<int>(), 503);
    }
  }
}

SCENARIO("a node that may not answer says that it cannot save bookings") {
  GIVEN("a buyer of one") {
    served gateway;
    websocket_client client{gateway.port()};
    client.hello();
    gateway.may_answer = false;
    auto refused = client.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h");
    CHECK_EQ(refused.at("problem").as_object().at("status").to_number<int>(), 503);
    CHECK_EQ(gateway.notes->holds, 0u);
    THEN("the buyer may go on when it may") {
      gateway.may_answer = true;
      auto held = client.ask(R"({"type":"hold","id":"i","event":"open","seats":["S-A-3"]})", "i");
      CHECK_EQ(held.at("type").as_string(), "held");
    }
  }
}

SCENARIO("who says no hello and who is silent does not stay") {
  GIVEN("short patience") {
    auto configured = quick_options();
    configured.header_timeout = 1s;
    configured.heartbeat = 1s;
    served gateway{configured};
    websocket_client shy{gateway.port()};
    websocket_client polite{gateway.port()};
    polite.hello();
    CHECK_EQ(shy.close_code(), 4001u);
    CHECK_EQ(polite.next("heartbeat").contains("re"), false);
    CHECK_EQ(http_client{gateway.port()}.raw("GET /hea"), "");
  }
}

SCENARIO("a client for whom there is no room is told so, and a probe is answered all the same") {
  GIVEN("room for two connections, which are taken") {
    auto configured = quick_options();
    configured.connections_max = 2;
    served gateway{configured};
    auto first = come_in(gateway);
    auto second = come_in(gateway);
    auto refused = http_client{gateway.port()}.call("GET", "/v1/events");
    CHECK_EQ(refused.status, 503u);
    CHECK_EQ(refused.slug(), "overloaded");
    CHECK(!refused.headers.at("retry-after").empty());
    CHECK_EQ(refused.headers.at("connection"), "close");
    CHECK_THROWS_AS(websocket_client(gateway.port()), std::exception);
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/healthz").status, 200u);
    CHECK_EQ(http_client{gateway.operators()}.call("GET", "/admin/v1/events", {}, operators_key).status, 200u);
    WHEN("one of them leaves") {
      second.reset();
      THEN("there is room again, and those inside have noticed nothing") {
        served::await([&] { return http_client{gateway.port()}.call("GET", "/v1/events").status == 200; });
        CHECK_EQ(first->ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      }
    }
  }
}

SCENARIO("however often a client succeeds in between, one that is refused again and again is closed") {
  GIVEN("a buyer who may ask a thousand times a second, one at a time") {
    auto configured = quick_options();
    configured.per_buyer = {1000, 1, 100};
    configured.strikes_max = 50;
    served gateway{configured};
    websocket_client eager{gateway.port()};
    eager.hello();
    try {
      for (int i = 0; i < 50'000; ++i)
        eager.send(R"({"type":"ping","id":"p"})");
    } catch (const std::exception&) {
      // closed already
    }
    CHECK_EQ(eager.close_code(), 4129u);
  }
  GIVEN("one who asks over HTTP") {
    auto configured = quick_options();
    configured.per_address = {0.001, 1, 100};
    configured.limit_loopback = true;
    configured.strikes_max = 3;
    served gateway{configured};
    http_client eager{gateway.port()};
    CHECK_EQ(eager.call("GET", "/v1/events/open").status, 200u);
    for (int i = 0; i < 2; ++i)
      CHECK(!eager.call("GET", "/v1/events/open").headers.contains("connection"));
    auto last = eager.call("GET", "/v1/events/open");
    CHECK_EQ(last.status, 429u);
    CHECK_EQ(last.headers.at("connection"), "close");
  }
}

SCENARIO("nobody takes seats and gives them back without end") {
  GIVEN("a buyer who may give back two holds at once, and has done so") {
    auto configured = quick_options();
    configured.releases = {0.001, 2, 100};
    served gateway{configured};
    websocket_client client{gateway.port()};
    auto welcome = client.hello();
    auto hold = [&] {
      return std::string{
          client.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h").at("hold").as_string()};
    };
    auto release = [&] { return client.ask(R"({"type":"release","id":"r","hold":")" + hold() + R"("})", "r"); };
    CHECK_EQ(release().at("type").as_string(), "released");
    headers mine{{"Authorization", "Bearer " + std::string{welcome.at("token").as_string()}}};
    CHECK_EQ(http_client{gateway.port()}.call("DELETE", "/v1/holds/" + hold(), {}, mine).status, 204u);
    THEN("the third is refused over both transports, and another buyer's is not") {
      CHECK_EQ(release().at("problem").at("status").to_number<int>(), 429);
      CHECK_EQ(http_client{gateway.port()}.call("DELETE", "/v1/holds/" + hold(), {}, mine).status, 429u);
      CHECK_EQ(gateway.notes->releases.load(), 2u);
      websocket_client other{gateway.port()};
      other.hello();
      CHECK_EQ(other.ask(R"({"type":"release","id":"r","hold":")" + hold() + R"("})", "r").at("type").as_string(),
               "released");
    }
  }
}

SCENARIO("the ids of requests do not tell how many came between them") {
  GIVEN("three requests on one connection") {
    served gateway;
    http_client client{gateway.port()};
    auto id = [&] { return std::stoull(client.call("GET", "/healthz").headers.at("usher-request-id"), nullptr, 16); };
    auto first = id(), second = id(), third = id();
    CHECK_NE(second - first, third - second);
  }
}

SCENARIO("a large answer may take as long as a slow line needs") {
  GIVEN("little patience with those who are silent, and an event with a plan of many megabytes") {
    auto configured = quick_options();
    configured.idle_timeout = 1s;
    served gateway{configured};
    auto text = std::make_shared<const std::string>(std::string(32 << 20, 'x'));
    gateway.notes->tell(
        messages::event_announced{domain::event_id{"open"}, gateway.notes->plan, text, "EUR", false, false, {}});
    http_client slow{gateway.port()}, silent{gateway.port()}, later{gateway.port()};
    served::await([&] {
      return silent.call("HEAD", "/v1/events/open/plan").headers.at("content-length") == std::to_string(text->size());
    });
    slow.head("GET /v1/events/open/plan HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (auto* other : {&silent, &later}) { // each stays for that time
      CHECK_EQ(other->call("GET", "/healthz").status, 200u);
      CHECK_EQ(other->raw(""), "");
    }
    THEN("it comes to its end") {
      constexpr std::size_t read_with_head_max = 1 << 20;
      CHECK_GT(slow.raw("").size(), text->size() - read_with_head_max);
    }
  }
}

SCENARIO("limits hold for all threads of a gateway together") {
  GIVEN("three threads, and two requests at once for an address") {
    auto configured = quick_options();
    configured.threads = 3;
    configured.per_address = {0.001, 2, 100};
    configured.limit_loopback = true;
    served gateway{configured};
    int answered = 0;
    for (int i = 0; i < 6; ++i)
      answered += http_client{gateway.port()}.call("GET", "/v1/events/open").status == 200;
    CHECK_EQ(answered, 2);
  }
}

SCENARIO("the list of events is made once for all who ask within a second") {
  GIVEN("a gateway with two events") {
    served gateway;
    http_client buyer{gateway.port()};
    auto first = buyer.call("GET", "/v1/events");
    CHECK_EQ(first.headers.at("cache-control"), "public, max-age=1");
    for (int i = 0; i < 100; ++i)
      CHECK_EQ(buyer.call("GET", "/v1/events").text, first.text);
    CHECK_LT(gateway.notes->described.load(), 100u);
    THEN("operators see it as it is") {
      auto before = gateway.notes->described.load();
      auto shown = http_client{gateway.operators()}.call("GET", "/admin/v1/events", {}, operators_key);
      CHECK_EQ(shown.text, first.text);
      CHECK_EQ(shown.headers.at("cache-control"), "no-store");
      CHECK_EQ(gateway.notes->described.load(), before + 2);
    }
  }
}

SCENARIO("one client does not take all the places") {
  auto configured = quick_options();
  configured.connections_per_address_max = 2;
  configured.limit_loopback = true;
  GIVEN("room for two connections of this machine, which are taken") {
    served gateway{configured};
    auto first = come_in(gateway);
    auto second = come_in(gateway);
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").slug(), "overloaded");
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/healthz").status, 200u);
    WHEN("one of them leaves") {
      second.reset();
      THEN("there is room again") {
        served::await([&] { return http_client{gateway.port()}.call("GET", "/v1/events").status == 200; });
      }
    }
  }
  GIVEN("a proxy on this machine, behind which one client has two connections") {
    configured.trusted_proxies = {"127.0.0.0/8"};
    served gateway{configured};
    auto as = [](const std::string& client) { return headers{{"X-Forwarded-For", client}}; };
    auto come_from = [&](const std::string& client) {
      auto one = std::make_unique<websocket_client>(gateway.port(), "usher.v1", as(client));
      one->hello();
      return one;
    };
    auto first = come_from("192.0.2.1");
    auto second = come_from("192.0.2.1");
    THEN("a third is refused, another client's is not, and the proxy keeps as many as it likes") {
      CHECK_THROWS_AS(come_from("192.0.2.1"), std::exception);
      CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events", {}, as("192.0.2.1")).slug(), "overloaded");
      auto other = come_from("192.0.2.2");
      std::vector<std::unique_ptr<http_client>> pool;
      for (int i = 0; i < 5; ++i) {
        pool.push_back(std::make_unique<http_client>(gateway.port()));
        CHECK_EQ(pool.back()->call("GET", "/v1/events", {}, as("192.0.2.3")).status, 200u);
      }
      second.reset();
      served::await(
          [&] { return http_client{gateway.port()}.call("GET", "/v1/events", {}, as("192.0.2.1")).status == 200; });
    }
  }
  GIVEN("networks whose connections are not counted") {
    configured.unlimited_networks = {"127.0.0.0/8"};
    served gateway{configured};
    std::vector<std::unique_ptr<websocket_client>> many;
    for (int i = 0; i < 5; ++i)
      many.push_back(come_in(gateway));
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").status, 200u);
  }
}

SCENARIO("few connections of one client may be silent, and a WebSocket is until it says hello") {
  GIVEN("room for two newcomers of this machine") {
    auto configured = quick_options();
    configured.newcomers_per_address_max = 2;
    configured.limit_loopback = true;
    served gateway{configured};
    http_client silent{gateway.port()};
    websocket_client shy{gateway.port()};
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").slug(), "overloaded");
    CHECK_THROWS_AS(websocket_client{gateway.port()}, std::exception);
    WHEN("one of them says what it wants") {
      shy.hello();
      THEN("there is room for another, however many have done so") {
        std::vector<std::unique_ptr<websocket_client>> many;
        for (int i = 0; i < 5; ++i)
          many.push_back(come_in(gateway));
        CHECK_EQ(silent.call("GET", "/v1/events").status, 200u);
      }
    }
  }
}

SCENARIO("a newcomer is let in for an idle connection, which is closed") {
  GIVEN("room for three connections: a WebSocket's and two of clients that have asked and are idle") {
    auto configured = quick_options();
    configured.connections_max = 3;
    served gateway{configured};
    auto inside = come_in(gateway);
    http_client longest{gateway.port()};
    CHECK_EQ(longest.call("GET", "/v1/events").status, 200u);
    http_client other{gateway.port()};
    CHECK_EQ(other.call("GET", "/v1/events").status, 200u);
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").status, 200u);
    THEN("it is the one that was idle for longest") {
      CHECK_EQ(longest.raw(""), "");
      CHECK_EQ(other.call("GET", "/v1/events").status, 200u);
      CHECK_EQ(inside->ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
    }
  }
}

SCENARIO("clients for whom there is no room, and who are silent, do not stay") {
  GIVEN("room for one connection, a hundred more that say nothing, and much patience with others") {
    auto configured = quick_options();
    configured.connections_max = 1;
    configured.header_timeout = 3600s;
    configured.idle_timeout = 3600s;
    served gateway{configured};
    auto only = come_in(gateway);
    std::vector<std::unique_ptr<http_client>> silent;
    for (int i = 0; i < 100; ++i)
      silent.push_back(std::make_unique<http_client>(gateway.port()));
    THEN("they are closed, and who lets them wait for a word is answered again") {
      for (auto& one : silent)
        CHECK_EQ(one->raw(""), "");
      CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").status, 503u);
      CHECK_EQ(http_client{gateway.port()}.call("GET", "/healthz").status, 200u);
    }
  }
}

SCENARIO("a session ends with the key of the shop that it began with") {
  GIVEN("two gateways on one store, of which the second has only the newer one of two keys") {
    const std::string old_secret(32, 'o'), new_secret(32, 'n');
    auto token_by = [](const std::string& secret) {
      codec::signed_claims token{secret, "shop", domain::buyer_id{"anna"}};
      token.add("exp", std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now()) + 1h);
      return token.encode();
    };
    auto both = quick_options();
    both.anonymous = false;
    both.shop = {{codec::token_algorithm::hs256, old_secret, std::nullopt},
                 {codec::token_algorithm::hs256, new_secret, std::nullopt}};
    auto newer = both;
    newer.shop.erase(newer.shop.begin());
    served before{both}, after{newer};
    auto session_of = [&](const std::string& secret) {
      websocket_client client{before.port()};
      return std::string{client.hello(R"(,"token":")" + token_by(secret) + '"').at("session").as_string()};
    };
    auto resume = [](const std::string& session) { return R"(,"resume":{"session":")" + session + R"(","seen":0})"; };
    auto old_session = session_of(old_secret);
    WHEN("clients come back with their sessions alone") {
      websocket_client same{before.port()}, good{after.port()}, bad{after.port()};
      THEN("those of the key that is gone are sent away") {
        CHECK_EQ(same.hello(resume(old_session)).at("type").as_string(), "welcome");
        CHECK_EQ(good.hello(resume(session_of(new_secret))).at("type").as_string(), "welcome");
        CHECK_EQ(bad.hello(resume(old_session)).at("type").as_string(), "problem");
        CHECK_EQ(bad.close_code(), 4001u);
        headers forged{{"Authorization", "Bearer " + token_by(old_secret)}};
        CHECK_EQ(http_client{after.port()}.call("GET", "/v1/orders/nonsense", {}, forged).status, 401u);
      }
    }
  }
}

SCENARIO("a connection ends with the token that it began with") {
  auto configured = quick_options();
  configured.token_ttl = 1s;
  served gateway{configured};
  websocket_client client{gateway.port()};
  client.hello();
  CHECK_EQ(client.close_code(), 4001u);
}

SCENARIO("sessions live on several threads and are resumed from any") {
  GIVEN("three threads") {
    auto configured = quick_options();
    configured.threads = 3;
    served gateway{configured};
    websocket_client first{gateway.port()};
    auto session = std::string{first.hello().at("session").as_string()};
    auto resume = R"(,"resume":{"session":")" + session + R"(","seen":0})";
    websocket_client second{gateway.port()};
    CHECK(second.hello(resume).at("resumed").as_bool());
    CHECK_EQ(first.close_code(), 1000u);
    THEN("one connection at a time goes on with it, until one has said so") {
      websocket_client third{gateway.port()};
      CHECK(third.hello(resume).at("resumed").as_bool());
      CHECK_EQ(second.close_code(), 1000u);
      third.ask(R"({"type":"ping","id":"p"})", "p");
      served::await([&] {
        websocket_client late{gateway.port()};
        return !late.hello(resume).at("resumed").as_bool();
      });
      CHECK_EQ(third.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
    }
  }
}

SCENARIO("whoever comes back is charged a request for every section that is watched again") {
  auto configured = quick_options();
  configured.per_address = {1000, 100'000, 100};
  configured.limit_loopback = true;
  GIVEN("a client that watched three sections, and a limit that it has almost used up") {
    configured.per_buyer = {0.01, 4, 100};
    served gateway{configured};
    auto resume = watch_and_vanish(gateway);
    websocket_client back{gateway.port()};
    CHECK(back.hello(resume).at("resumed").as_bool());
    back.send(R"({"type":"ping","id":"p"})");
    THEN("it is told as many sections as it has requests left, and then has none for anything else") {
      auto one = back.next();
      auto other = back.next();
      auto& refused = one.contains("re") ? one : other; // which may overtake the section's answer
      CHECK_EQ((one.contains("re") ? other : one).at("type").as_string(), "seats.snapshot");
      CHECK_EQ(refused.at("problem").as_object().at("status").to_number<int>(), 429);
    }
  }
  GIVEN("the same with a limit that recovers") {
    configured.per_buyer = {2, 4, 100};
    served gateway{configured};
    auto resume = watch_and_vanish(gateway);
    websocket_client back{gateway.port()};
    CHECK(back.hello(resume).at("resumed").as_bool());
    THEN("it is told the others when it has") {
      for (int section = 0; section < 3; ++section)
        CHECK_EQ(back.next("seats.snapshot").contains("re"), false);
    }
  }
}

SCENARIO("a section whose snapshot is larger than a connection's queue makes nobody a slow reader") {
  GIVEN("two hundred thousand seats with long names, which somebody watches") {
    served gateway;
    auto plan = huge_hall();
    gateway.notes->tell(messages::event_announced{
        domain::event_id{"rock"}, plan, std::make_shared<const std::string>("{}"), "EUR", true, false, {}});
    http_client buyer{gateway.port()};
    served::await([&] { return buyer.call("GET", "/v1/events/rock/sections/huge/seats").status == 200; });
    const std::string watch = R"({"type":"seats.watch","id":"w","event":"rock","section":"huge"})";
    websocket_client other{gateway.port()};
    other.hello();
    other.ask(watch, "w");
    websocket_client lost{gateway.port()};
    auto session = std::string{lost.hello().at("session").as_string()};
    lost.ask(watch, "w");
    lost.vanish();
    WHEN("somebody comes back to it, and it changes at once") {
      websocket_client back{gateway.port()};
      CHECK(back.hello(R"(,"resume":{"session":")" + session + R"(","seen":0})").at("resumed").as_bool());
      gateway.notes->tell(messages::seats_changed{
          domain::event_id{"rock"}, domain::section_no{0}, domain::epoch{1}, 11, {{domain::seat_no{2}, 'H'}}});
      THEN("they are told all of it, and what has changed since") {
        auto snapshot = back.next("seats.snapshot");
        CHECK_EQ(snapshot.at("seats").as_array().size(), 200'000u);
        if (snapshot.at("seq").to_number<int>() == 10)
          CHECK_EQ(back.next("seats.delta").at("seq").to_number<int>(), 11);
        CHECK_EQ(back.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      }
    }
  }
}
