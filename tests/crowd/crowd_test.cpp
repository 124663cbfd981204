#define CAF_SUITE bench.crowd

#include "crowd/crowd.hpp"
#include "crowd/http_client.hpp"
#include "tests/crowd/scripted_server.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher::crowd;
using namespace std::chrono_literals;
using usher::tests::scripted_server;

namespace {

/// Everybody is in a hurry, and nobody waits for a hold to run out.
crowd_options hurried(const scripted_server& server, std::size_t buyers) {
  crowd_options options;
  options.to.port = server.port();
  options.event = "rock";
  options.buyers = buyers;
  options.connected_max = 20;
  options.patience = 30s;
  options.habits.looks_for = 1ms;
  options.habits.thinks_for = 1ms;
  options.habits.releases = 1;
  return options;
}

} // namespace

SCENARIO("a crowd buys what there is, and what it counts is what the server sold") {
  GIVEN("sixty buyers, twenty connected at once, for two hundred seats") {
    scripted_server server(200);
    auto report = run_crowd(hurried(server, 60));
    THEN("everybody comes, is admitted and leaves") {
      CHECK_EQ(report.errors, (std::map<std::string, std::uint64_t>{}));
      CHECK_EQ(report.joined, 60u);
      CHECK_EQ(report.admitted, 60u);
      CHECK_EQ(report.gone, 60u);
      CHECK_EQ(report.waiting, 0u);
      CHECK_EQ(report.shopping, 0u);
    }
    THEN("the figures agree with the server's books") {
      CHECK_EQ(report.sold_seats, server.sold());
      CHECK_EQ(report.revenue, static_cast<std::int64_t>(server.sold()) * 1'000);
      CHECK_EQ(report.ordered, server.orders());
      CHECK_EQ(report.held, report.ordered + report.released);
      CHECK_EQ(server.held(), 0u);
      CHECK_EQ(report.order.count(), report.ordered);
    }
  }
}

SCENARIO("losers try again and go home when nothing is left") {
  GIVEN("forty buyers for ten seats") {
    scripted_server server(10);
    auto options = hurried(server, 40);
    options.habits.pays = 1;
    auto report = run_crowd(options);
    THEN("every seat is sold, and most went home without") {
      CHECK_EQ(report.errors, (std::map<std::string, std::uint64_t>{}));
      CHECK_EQ(server.sold(), 10u);
      CHECK_EQ(report.sold_seats, 10u);
      CHECK(report.turned_away >= 30u);
    }
  }
}

SCENARIO("an answer that was lost is asked for again with the same key, and must be the same") {
  GIVEN("buyers who lose every answer") {
    scripted_server server(200);
    auto options = hurried(server, 20);
    options.habits.loses_answer = 1;
    auto report = run_crowd(options);
    THEN("every repeat is answered alike, and nothing is held or ordered twice") {
      CHECK_EQ(report.errors, (std::map<std::string, std::uint64_t>{}));
      CHECK(report.repeated >= 20u);
      CHECK_EQ(report.differences, 0u);
      CHECK_EQ(report.sold_seats, server.sold());
      CHECK_EQ(server.held(), 0u);
    }
  }
  GIVEN("the same buyers and a server that does not know its keys again") {
    scripted_server server(200);
    server.forgets_keys = true;
    auto options = hurried(server, 20);
    options.habits.loses_answer = 1;
    options.habits.pays = 0;
    auto report = run_crowd(options);
    THEN("each difference is found and is an error") {
      CHECK_EQ(report.differences, 20u);
      CHECK_EQ(report.failed(), 20u);
    }
  }
}

SCENARIO("whoever is sent away goes on elsewhere, with all that they had") {
  for (auto breaks_off : {false, true})
    for (auto after : {"queue.join", "seats.watch", "hold", "order"}) {
      scripted_server server(200);
      server.forgets_sessions = true;
      server.sends_away_after = after;
      server.breaks_off = breaks_off;
      auto options = hurried(server, 20);
      options.may_lose_servers = true;
      options.habits.takes_best = 0;
      options.habits.pays = 1;
      options.habits.loses_answer = 0;
      options.habits.cancels = 0;
      options.habits.thinks_for = 50ms; // long enough to go meanwhile
      auto report = run_crowd(options);
      CHECK_EQ(report.errors, (std::map<std::string, std::uint64_t>{}));
      if (breaks_off)
        CHECK_EQ(report.lost, 20u);
      else if (after == std::string{"hold"}) // whoever has ordered before goes home instead
        CHECK_GE(report.moved, 1u);
      else if (after != std::string{"order"})
        CHECK_EQ(report.moved, 20u);
      CHECK_EQ(report.ordered, 20u);
      CHECK_EQ(report.sold_seats, server.sold());
      CHECK_EQ(server.held(), 0u);
    }
}

SCENARIO("whoever loses something by that says so") {
  scripted_server server(200);
  server.forgets_sessions = true;
  auto options = hurried(server, 20);
  options.may_lose_servers = true;
  options.habits.takes_best = 0;
  options.habits.pays = 1;
  options.habits.loses_answer = 0;
  server.admits = false;
  server.sends_away_after = "queue.join";
  server.mistakes_places = true;
  options.patience = 3s;
  CHECK_EQ(run_crowd(options).errors.at("a place was lost"), 20u);
  scripted_server other(200);
  other.forgets_sessions = true;
  other.sends_away_after = "hold";
  other.forgets_what_is_whose = true;
  options.to.port = other.port();
  options.patience = 30s;
  options.habits.thinks_for = 100ms;
  CHECK_GT(run_crowd(options).errors.at("a hold was lost"), 0u);
}

SCENARIO("where servers never go away, a lost connection is an error") {
  scripted_server server(200);
  server.sends_away_after = "hold";
  server.breaks_off = true;
  auto options = hurried(server, 20);
  options.habits.loses_answer = 0;
  auto report = run_crowd(options);
  CHECK_EQ(report.lost, 0u);
  CHECK_EQ(report.failed(), 20u);
}

SCENARIO("a crowd whose patience is over says who is left") {
  for (auto state : {"waiting", "sold_out"}) {
    scripted_server server(10);
    server.admits = false;
    server.state_of_line = state;
    auto options = hurried(server, 5);
    options.patience = 1s;
    auto report = run_crowd(options);
    CHECK_EQ(report.waiting, 5u);
    CHECK_EQ(report.errors.at("unfinished"), 5u);
  }
}

SCENARIO("a crowd for an event that nobody knows does not start") {
  crowd_options options;
  options.to.port = free_port();
  options.event = "rock";
  CHECK_THROWS_AS(static_cast<void>(run_crowd(options)), unreachable);
}
