#define CAF_SUITE gateway.start_and_end

#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <boost/json/serialize.hpp>

#include <memory>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

SCENARIO("whoever waits for events waits until every thread knows them, or as long as asked") {
  GIVEN("a gateway whose router has announced one event") {
    served gateway;
    auto soon = [] { return std::chrono::steady_clock::now() + 20ms; };
    CHECK(gateway.server->await_events({}, soon()));
    CHECK(gateway.server->await_events({domain::event_id{"rock"}}, std::chrono::steady_clock::now() + 30s));
    CHECK(!gateway.server->await_events({domain::event_id{"rock"}, domain::event_id{"nobody"}}, soon()));
  }
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

SCENARIO("a node that is going to stop says so first, and serves whoever comes") {
  GIVEN("a gateway that has announced its end") {
    served gateway;
    http_client idle{gateway.port()};
    CHECK_EQ(idle.call("GET", "/readyz").status, 200u);
    gateway.server->announce_end();
    auto ready = http_client{gateway.port()}.call("GET", "/readyz");
    CHECK_EQ(ready.status, 503u);
    CHECK_EQ(ready.json().at("reason").as_string(), "draining");
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/healthz").status, 200u);
    auto last = idle.call("GET", "/v1/events");
    CHECK_EQ(last.status, 200u);
    CHECK_EQ(last.headers.at("connection"), "close");
    websocket_client late{gateway.port()};
    late.hello();
    CHECK_EQ(late.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h").at("type").as_string(),
             "held");
    THEN("it drains all the same") {
      gateway.server->drain(10s);
      CHECK_EQ(late.next("reconnect").at("within_s").to_number<int>(), 30);
      CHECK_EQ(late.close_code(), 4200u);
    }
  }
}

SCENARIO("draining tells everybody and finishes") {
  GIVEN("more clients than are told at once, on a gateway that drains") {
    served gateway;
    std::vector<std::unique_ptr<websocket_client>> many;
    for (int i = 0; i < 250; ++i)
      many.push_back(std::make_unique<websocket_client>(gateway.port()));
    auto& client = *many.front();
    client.hello();
    std::thread draining{[&] { gateway.server->drain(10s); }};
    CHECK_EQ(client.next("reconnect").contains("within_s"), true);
    for (std::size_t i = 1; i < many.size(); ++i) {
      CHECK_EQ(many[i]->close_code(), 4200u);
      many[i]->vanish();
    }
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
