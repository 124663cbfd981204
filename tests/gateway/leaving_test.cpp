#define CAF_SUITE gateway.leaving

#include "gateway/thread/connection_table.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;
using gateway::moment;

namespace {

/// A connection that notes what it is told.
struct guest final : gateway::connection {
  guest(gateway::connection_table& table, bool is_lasting) : connection(table), is_lasting_(is_lasting) {}

  [[nodiscard]] bool lasts() const override { return is_lasting_; }
  void leave_by(moment at, moment) override {
    until = at;
    ++told;
  }
  void leave_if_due(moment now) override { is_over = until && *until <= now; }
  void stay() override { until.reset(); }
  void sweep(moment) override {}
  void drain() override {}
  void abort() override {}
  [[nodiscard]] std::size_t outgoing_bytes() const override { return 0; }
  void give_way() override {}

  std::optional<moment> until;
  int told = 0;
  bool is_over = false;

private:
  bool is_lasting_;
};

struct guests {
  void add(std::size_t count, bool is_lasting = true) {
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(std::make_unique<guest>(table, is_lasting));
  }

  /// When each is to leave, in milliseconds from `start`, in order.
  [[nodiscard]] std::vector<long> times() const {
    std::vector<long> result;
    for (const auto& one : all)
      if (one->until)
        result.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(*one->until - start).count());
    std::ranges::sort(result);
    return result;
  }

  [[nodiscard]] std::ptrdiff_t over() const {
    return std::ranges::count_if(all, [](const auto& one) { return one->is_over; });
  }

  const moment start{1h};
  gateway::connection_table table;
  std::vector<std::unique_ptr<guest>> all;
};

} // namespace

SCENARIO("clients are sent away at times that are spread evenly, once each") {
  GIVEN("four connections that last, and two that do not") {
    guests here;
    here.add(4);
    here.add(2, false);
    here.table.send_away(here.start, 8s);
    CHECK_EQ(here.times(), (std::vector<long>{2000, 4000, 6000, 8000}));
    here.table.end_stays(here.start + 1999ms);
    CHECK_EQ(here.over(), 0);
    here.table.end_stays(here.start + 4s);
    CHECK_EQ(here.over(), 2);
    // Others who come meanwhile are told, too, and nobody is told twice.
    here.add(2);
    here.table.send_away(here.start + 3s, 8s);
    CHECK_EQ(here.times(), (std::vector<long>{2000, 4000, 6000, 7000, 8000, 11000}));
    CHECK(std::ranges::all_of(here.all, [](const auto& one) { return one->told <= 1; }));
    WHEN("they may stay after all") {
      here.table.let_stay();
      CHECK_EQ(here.times(), std::vector<long>{});
      here.table.send_away(here.start + 20s, 6s);
      THEN("they can be sent away again") {
        CHECK_EQ(here.times(), (std::vector<long>{21000, 22000, 23000, 24000, 25000, 26000}));
      }
    }
    CHECK(here.table.any_lasts());
    std::erase_if(here.all, [](const auto& one) { return one->lasts(); });
    CHECK(!here.table.any_lasts());
  }
}

SCENARIO("whoever is sent away hears until when, is served until then, and is closed when all is answered") {
  GIVEN("clients of a gateway that sends them away") {
    served gateway;
    std::vector<std::unique_ptr<websocket_client>> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(std::make_unique<websocket_client>(gateway.port()));
      clients.back()->hello();
    }
    auto began = std::chrono::steady_clock::now();
    gateway.server->send_away(1s);
    std::vector<double> within;
    for (auto& client : clients)
      within.push_back(client->next("reconnect").at("within_s").to_number<double>());
    CHECK(std::ranges::all_of(within, [](double seconds) { return seconds > 0 && seconds <= 1; }));
    CHECK_GT(*std::ranges::max_element(within), 0.8);
    for (auto& client : clients)
      CHECK_EQ(client->ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h").at("type").as_string(),
               "held");
    auto& last = *clients[static_cast<std::size_t>(std::ranges::max_element(within) - within.begin())];
    CHECK_EQ(last.close_code(), 4200u);
    CHECK(std::chrono::steady_clock::now() - began >= std::chrono::duration<double>(*std::ranges::max_element(within)));
    for (auto& client : clients) {
      if (client.get() != &last)
        CHECK_EQ(client->close_code(), 4200u);
    }
    THEN("whoever comes all the same is served, and sent on") {
      websocket_client late{gateway.port()};
      late.hello();
      CHECK_GT(late.next("reconnect").at("within_s").to_number<double>(), 0.5);
      CHECK_EQ(late.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      CHECK_EQ(late.close_code(), 4200u);
    }
  }
}

SCENARIO("a client that awaits an answer gets it before it is closed") {
  GIVEN("a client whose request is under way when its time is over") {
    served gateway;
    websocket_client client{gateway.port()};
    ask_in_vain(client);
    gateway.server->send_away(10ms);
    client.next("reconnect");
    auto soon = std::chrono::steady_clock::now() + 2s;
    gateway.server->await_leaving(soon);
    CHECK(std::chrono::steady_clock::now() >= soon); // it is still there
    http_client other{gateway.port()};
    auto made = other.call("POST", "/v1/sessions").json();
    other.call("POST", "/v1/orders/open~00000000000000030000000000000004/cancel", {},
               {{"Authorization", "Bearer " + std::string{made.at("token").as_string()}}});
    THEN("it is answered") {
      CHECK_EQ(client.next("held").at("re").as_string(), "never");
      CHECK_EQ(client.close_code(), 4200u);
      gateway.server->await_leaving(std::chrono::steady_clock::now() + 20s);
    }
  }
}

SCENARIO("a gateway whose node is not drained any more keeps its clients") {
  GIVEN("a gateway that is about to send its only client away") {
    served gateway;
    websocket_client client{gateway.port()};
    client.hello();
    gateway.server->announce_end();
    gateway.server->send_away(300ms);
    client.next("reconnect");
    gateway.server->go_on();
    CHECK_EQ(http_client{gateway.port()}.call("GET", "/readyz").status, 200u);
    THEN("the client is served when its time is over, and so is whoever comes then") {
      auto over = std::chrono::steady_clock::now() + 1500ms;
      while (std::chrono::steady_clock::now() < over)
        CHECK_EQ(client.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
      websocket_client late{gateway.port()};
      late.hello();
      CHECK_EQ(late.ask(R"({"type":"ping","id":"p"})", "p").at("type").as_string(), "pong");
    }
  }
}
