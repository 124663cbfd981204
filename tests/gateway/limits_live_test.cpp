#define CAF_SUITE gateway.live_limits

#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <boost/json/serialize.hpp>

#include <memory>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

/// Says hello and sends a request that is never answered.
void ask_in_vain(websocket_client& client) {
  client.hello();
  client.send(R"({"type":"hold","id":"never","event":"open","seats":["S-A-2"]})");
  client.ask(R"({"type":"ping","id":"p"})", "p");
}

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
  GIVEN("a limit of two requests at once that counts on loopback, too") {
    auto configured = quick_options();
    configured.per_address = {0.01, 1000, 100, true};
    configured.per_buyer = {0.01, 2, 100, false};
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

SCENARIO("one address does not take all the places, unless it is a trusted proxy's") {
  auto configured = quick_options();
  configured.connections_per_address_max = 2;
  configured.per_address.limit_loopback = true;
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
  GIVEN("a gateway that takes this machine for a proxy") {
    configured.trusted_proxies = {"127.0.0.0/8"};
    served gateway{configured};
    std::vector<std::unique_ptr<websocket_client>> many;
    for (int i = 0; i < 5; ++i)
      many.push_back(come_in(gateway));
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/v1/events").status, 200u);
  }
}

SCENARIO("clients for whom there is no room, and who are silent, are no more than a few") {
  GIVEN("room for one connection, and seventy more that say nothing") {
    auto configured = quick_options();
    configured.connections_max = 1;
    served gateway{configured};
    auto only = come_in(gateway);
    http_client boss{gateway.operators()};
    served::await([&] { // these two are all
      auto page = boss.call("GET", "/metrics", {}, operators_key).text;
      return page.find("usher_gateway_connections 2 ") != std::string::npos;
    });
    std::vector<std::unique_ptr<http_client>> silent;
    for (int i = 0; i < 70; ++i)
      silent.push_back(std::make_unique<http_client>(gateway.port()));
    THEN("the last ones are closed without a word, the others wait for what they want to say") {
      for (std::size_t i = 64; i < silent.size(); ++i)
        CHECK_EQ(silent[i]->raw(""), "");
      for (std::size_t i = 0; i < 64; ++i)
        CHECK_EQ(silent[i]->call("GET", "/v1/events").status, 503u);
    }
  }
}

SCENARIO("whoever waits for events waits until every thread knows them, or as long as asked") {
  GIVEN("a gateway whose router has announced one event") {
    served gateway;
    auto soon = [] { return std::chrono::steady_clock::now() + 20ms; };
    CHECK(gateway.server->await_events({}, soon()));
    CHECK(gateway.server->await_events({domain::event_id{"rock"}}, std::chrono::steady_clock::now() + 30s));
    CHECK(!gateway.server->await_events({domain::event_id{"rock"}, domain::event_id{"nobody"}}, soon()));
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

SCENARIO("while a node starts, nobody is told that an event does not exist") {
  GIVEN("a gateway that serves before all events of the store are known") {
    served other;
    gateway::server starting{quick_options(), other.parts()};
    starting.start();
    http_client buyer{starting.buyers_port()};
    http_client boss{starting.operators_port()};
    websocket_client client{starting.buyers_port()};
    client.hello();
    auto join = [&] { return client.ask(R"({"type":"queue.join","id":"j","event":"nobody"})", "j"); };
    THEN("they are told to come back") {
      CHECK_EQ(buyer.call("GET", "/v1/events").status, 503u);
      auto early = buyer.call("GET", "/v1/events/nobody");
      CHECK_EQ(early.status, 503u);
      CHECK_EQ(early.slug(), "overloaded");
      CHECK(boost::json::serialize(join()).find("/overloaded") != std::string::npos);
      CHECK_EQ(boss.call("PUT", "/admin/v1/events/nobody", R"({"name":"Nobody"})", operators_key).status, 503u);
    }
    WHEN("they are known") {
      CHECK(starting.await_events({}, std::chrono::steady_clock::now() + 20s));
      THEN("it does not exist") {
        CHECK_EQ(buyer.call("GET", "/v1/events").status, 200u);
        CHECK_EQ(buyer.call("GET", "/v1/events/nobody").status, 404u);
        CHECK(boost::json::serialize(join()).find("/not-found") != std::string::npos);
      }
    }
  }
}

SCENARIO("draining tells everybody and finishes") {
  GIVEN("a client on a gateway that drains") {
    served gateway;
    websocket_client client{gateway.port()};
    client.hello();
    std::thread draining{[&] { gateway.server->drain(10s); }};
    CHECK_EQ(client.next("reconnect").contains("within_s"), true);
    CHECK_EQ(client.close_code(), 4200u);
    client.vanish();
    draining.join();
    CHECK_EQ(gateway.server->connections(), 0u);
    CHECK_THROWS_AS(http_client{gateway.port()}, std::exception);
  }
}

SCENARIO("draining does not wait for requests that are still arriving") {
  GIVEN("a client that has sent half of a body") {
    served gateway;
    http_client slow{gateway.port()};
    auto begun = slow.head("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                           "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n");
    REQUIRE(begun.starts_with("HTTP/1.1 100 "));
    auto before = std::chrono::steady_clock::now();
    gateway.server->drain(60s);
    CHECK(std::chrono::steady_clock::now() - before < 30s);
    CHECK_EQ(slow.raw(""), "");
  }
}

SCENARIO("draining waits for nobody who does not say goodbye") {
  GIVEN("clients that do not read, of whom one has said nothing") {
    served gateway;
    websocket_client silent{gateway.port()};
    websocket_client greeted{gateway.port()};
    greeted.hello();
    WHEN("the gateway drains and would wait for long") {
      gateway.server->drain(std::chrono::hours{1});
      THEN("their connections are over, and each was told") {
        CHECK_EQ(gateway.server->connections(), 0u);
        CHECK_EQ(silent.close_code(), 4200u);
        CHECK_EQ(greeted.next("reconnect").contains("within_s"), true);
        CHECK_EQ(greeted.close_code(), 4200u);
      }
    }
  }
}

SCENARIO("draining waits for requests in flight") {
  GIVEN("a client whose request is not answered, and a short patience with requests") {
    auto configured = quick_options();
    configured.request_timeout = 1s;
    served gateway{configured};
    websocket_client client{gateway.port()};
    ask_in_vain(client);
    WHEN("the gateway drains") {
      gateway.server->drain(std::chrono::hours{1});
      THEN("the request has met its own end before") {
        CHECK_EQ(client.next("reconnect").contains("within_s"), true);
        CHECK_EQ(client.close_code(), 4100u);
      }
    }
  }
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
  configured.per_address = {1000, 100'000, 100, true};
  GIVEN("a client that watched three sections, and a limit that it has almost used up") {
    configured.per_buyer = {0.01, 4, 100, false};
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
    configured.per_buyer = {2, 4, 100, false};
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
        domain::event_id{"rock"}, plan, std::make_shared<const std::string>("{}"), "EUR", true, {}});
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
