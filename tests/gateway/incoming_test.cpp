#define CAF_SUITE gateway.incoming

#include "gateway/http/incoming_body.hpp"
#include "gateway/thread/incoming_budget.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;
constexpr std::size_t budget = 2 * megabyte; ///< of the buyers' only thread, and of the operators'
constexpr std::size_t large = 64 * 1024;     ///< the most that a body or a frame of a buyer may have

gateway::options small_options() {
  auto configured = quick_options();
  configured.incoming_bytes_max = 2 * budget;
  configured.body_bytes_max = large;
  configured.frame_bytes_max = large;
  configured.plan_bytes_max = megabyte;
  return configured;
}

/// A gateway with little memory for what is still arriving.
struct small_gateway : served {
  explicit small_gateway(gateway::options configured = small_options()) : served{std::move(configured)} {}

  std::size_t incoming() {
    auto page = http_client{operators()}.call("GET", "/metrics", {}, operators_key).text;
    const std::string name = "\nusher_gateway_incoming_bytes ";
    return std::stoul(page.substr(page.find(name) + name.size()));
  }

  /// A client that sends half of a body and stops; null, and `refusal` is the answer, if that is too much.
  std::unique_ptr<http_client> begin(std::uint16_t where, const std::string& line, std::size_t bytes) {
    auto before = incoming();
    auto client = std::make_unique<http_client>(where);
    client->send(line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer the operator's key\r\nContent-Length: "
                 + std::to_string(bytes) + "\r\n\r\n" + std::string(bytes / 2, 'x'));
    auto counted = bytes / 2 - gateway::incoming_share::bytes_free;
    await([&] { return client->has_answer() || incoming() >= before + counted; });
    if (!client->has_answer())
      return client;
    refusal = client->head("");
    return nullptr;
  }
  std::unique_ptr<http_client> begin(std::size_t bytes) { return begin(port(), "POST /v1/sessions", bytes); }

  /// Many clients that send halves of their bodies and stop, until no more is taken.
  std::vector<std::unique_ptr<http_client>> fill() {
    std::vector<std::unique_ptr<http_client>> clients;
    for (auto size : {large, large / 4})
      while (auto one = begin(size)) {
        clients.push_back(std::move(one));
        if (incoming() > budget || clients.size() > budget / 1024)
          throw std::runtime_error{"nobody is refused"};
      }
    return clients;
  }

  std::string refusal;
};

} // namespace

SCENARIO("what a connection has of the memory for requests is counted, beyond what is its own") {
  GIVEN("a budget of 10,000 bytes and two connections") {
    gateway::incoming_budget all{10'000, nullptr};
    gateway::incoming_share one{all};
    constexpr auto own = gateway::incoming_share::bytes_free;
    {
      gateway::incoming_share other{all};
      CHECK(one.add(own));
      CHECK_EQ(all.bytes(), 0u);
      CHECK(one.add(6000));
      CHECK_EQ(all.bytes(), 6000u);
      CHECK(!other.add(own + 4001));
      CHECK(other.was_refused());
      CHECK(!other.was_refused());
      CHECK(other.add(own + 4000));
      CHECK_EQ(all.bytes(), 10'000u);
      CHECK(!one.add(1));
    }
    CHECK_EQ(all.bytes(), 6000u);
    one.remove(6000 + own);
    CHECK_EQ(all.bytes(), 0u);
  }
  GIVEN("a buffer and a body") {
    gateway::incoming_budget all{10'000, nullptr};
    gateway::incoming_share one{all};
    {
      gateway::incoming_buffer buffer{one, 100'000};
      constexpr auto own = gateway::incoming_share::bytes_free;
      buffer.prepare(own + 3000);
      buffer.commit(own + 3000);
      CHECK_EQ(all.bytes() + own, buffer.capacity());
      CHECK(!buffer.try_prepare(100'000));
      CHECK_THROWS_AS(buffer.prepare(8000), std::length_error);
      CHECK_EQ(buffer.size(), own + 3000);
      gateway::incoming_text body;
      body.count_in(one);
      CHECK(!body.reserve(8000));
      CHECK(body.reserve(7000));
      CHECK_EQ(all.bytes() + own, buffer.capacity() + 7000);
      buffer.consume(own + 3000);
      buffer.shrink();
      CHECK_EQ(buffer.capacity(), 0u);
      CHECK_EQ(all.bytes() + own, 7000u);
      auto taken = std::move(body.text());
      CHECK_GT(all.bytes(), 0u);
    }
    CHECK_EQ(all.bytes(), 0u);
  }
}

SCENARIO("bodies that do not come to their end take no more memory than they may") {
  GIVEN("clients that sent half of large bodies and stopped, until one was refused") {
    small_gateway gateway;
    auto clients = gateway.fill();
    CHECK_GE(clients.size(), budget / large / 4);
    CHECK_LE(gateway.incoming(), budget);
    CHECK_GT(gateway.incoming(), budget - large);
    CHECK_EQ(gateway.refusal.substr(0, 13), "HTTP/1.1 503 ");
    CHECK_NE(gateway.refusal.find("\r\nRetry-After: "), std::string::npos);
    THEN("one whose length is not announced is refused when it has become too long") {
      http_client chunked{gateway.port()};
      auto told = chunked.head("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n");
      CHECK_EQ(told.substr(0, 13), "HTTP/1.1 100 ");
      told = chunked.head("8000\r\n" + std::string(0x7000, 'x'));
      CHECK_EQ(told.substr(0, 13), "HTTP/1.1 503 ");
      CHECK_NE(told.find("\r\nRetry-After: "), std::string::npos);
      CHECK_LE(gateway.incoming(), budget);
    }
    THEN("so is a large head, and a large frame") {
      http_client talker{gateway.port()};
      auto told = talker.head("GET /v1/events HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(15'000, 'x'));
      CHECK_EQ(told.substr(0, 13), "HTTP/1.1 503 ");
      websocket_client teller{gateway.port()};
      teller.hello();
      teller.send_part(std::string(large - 1, 'x'));
      CHECK_EQ(teller.close_code(), 4100u);
      CHECK_LE(gateway.incoming(), budget);
    }
    THEN("ordinary requests are served all the same, and operators' large ones are") {
      CHECK_EQ(http_client{gateway.port()}.call("POST", "/v1/sessions", "{}").status, 201u);
      headers of_a_browser{{"X-Long", std::string(2500, 'x')}};
      CHECK_EQ(http_client{gateway.port()}.call("POST", "/v1/sessions", std::string(1500, ' '), of_a_browser).status,
               201u);
    }
    THEN("whoever only announces a large body takes nothing from anybody") {
      auto before = gateway.incoming();
      std::vector<std::unique_ptr<http_client>> idle;
      for (int i = 0; i < 50; ++i) {
        idle.push_back(std::make_unique<http_client>(gateway.port()));
        auto told =
            idle.back()->head("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
                              + std::to_string(large) + "\r\n\r\n");
        CHECK_EQ(told.substr(0, 13), "HTTP/1.1 100 ");
      }
      CHECK_EQ(gateway.incoming(), before);
    }
    THEN("sessions and operators go on") {
      websocket_client buyer{gateway.port()};
      buyer.hello();
      CHECK_EQ(buyer.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      auto plan = "{}" + std::string(megabyte - 2, ' ');
      auto told = http_client{gateway.operators()}.call("PUT", "/admin/v1/events/new", plan, operators_key);
      CHECK_EQ(told.slug(), "bad-request");
    }
    THEN("when they end, the memory is given back") {
      clients.clear();
      served::await([&] { return gateway.incoming() == 0; });
      CHECK(gateway.begin(large));
    }
  }
}

SCENARIO("operators' bodies have a bound of their own") {
  GIVEN("halves of plans, until no more is taken") {
    small_gateway gateway;
    std::vector<std::unique_ptr<http_client>> clients;
    while (auto one = gateway.begin(gateway.operators(), "PUT /admin/v1/events/new", megabyte)) {
      clients.push_back(std::move(one));
      REQUIRE(clients.size() < 10);
    }
    CHECK_EQ(gateway.refusal.substr(0, 13), "HTTP/1.1 503 ");
    CHECK_GE(clients.size(), 1u);
    CHECK_LE(gateway.incoming(), budget);
    CHECK(gateway.begin(large));
  }
}

SCENARIO("frames that do not come to their end take no more memory than they may") {
  GIVEN("clients that send most of a large frame and stop") {
    small_gateway gateway;
    std::vector<std::unique_ptr<websocket_client>> clients;
    constexpr auto part = large - 4096;
    for (auto before = gateway.incoming(); before + large <= budget; before = gateway.incoming()) {
      clients.push_back(std::make_unique<websocket_client>(gateway.port()));
      clients.back()->hello();
      clients.back()->send_part(std::string(part, ' '));
      served::await([&] { return gateway.incoming() >= before + part - gateway::incoming_share::bytes_free; });
    }
    CHECK_LE(gateway.incoming(), budget);
    CHECK_GE(clients.size(), budget / large - 1);
    auto last = std::make_unique<websocket_client>(gateway.port());
    last->hello();
    std::vector<std::unique_ptr<http_client>> others;
    while (auto one = gateway.begin(4 * gateway::incoming_share::bytes_free))
      others.push_back(std::move(one));
    last->send_part(std::string(part, ' '));
    CHECK_EQ(last->close_code(), 4100u);
    CHECK_LE(gateway.incoming(), budget);
    THEN("when they end, the memory is given back, and a whole one keeps none") {
      clients.clear();
      others.clear();
      last.reset();
      served::await([&] { return gateway.incoming() == 0; });
      websocket_client buyer{gateway.port()};
      buyer.hello();
      CHECK_EQ(buyer.ask(std::string(part, ' ') + R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      CHECK_EQ(gateway.incoming(), 0u);
    }
  }
}

SCENARIO("an idle connection keeps no memory of what was large") {
  GIVEN("a connection with a large head and a large body") {
    small_gateway gateway;
    http_client client{gateway.port()};
    CHECK_EQ(
        client.call("POST", "/v1/sessions", std::string(large, ' '), {{"X-Long", std::string(15'000, 'x')}}).status,
        201u);
    served::await([&] { return gateway.incoming() == 0; });
    CHECK_EQ(client.call("GET", "/v1/events").status, 200u);
  }
}

SCENARIO("who pings and never sends the rest of a frame does not stay") {
  GIVEN("four seconds for silence, and a beat that may be a second late") {
    auto configured = small_options();
    configured.idle_timeout = 4s;
    configured.heartbeat = 1s;
    small_gateway gateway{configured};
    websocket_client client{gateway.port()};
    client.hello();
    client.send_part("{");
    auto goes_on = [&] {
      try {
        client.next("heartbeat");
        client.ping();
        return true;
      } catch (const std::exception&) {
        return false; // closed
      }
    };
    int beats = 0;
    while (beats < 10 && goes_on())
      ++beats;
    CHECK_GT(beats, 0);
    CHECK_LT(beats, 10);
  }
}
