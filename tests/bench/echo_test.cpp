#define CAF_SUITE bench.echo

#include "bench/echo_bench.hpp"
#include "bench/echo_server.hpp"
#include "crowd/http_client.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <thread>

using namespace usher::bench;
using namespace std::chrono_literals;

namespace {

struct serving {
  explicit serving(std::size_t answer_bytes) : server(0, answer_bytes), thread([this] { server.run(); }) {}
  ~serving() {
    server.stop();
    thread.join();
  }

  [[nodiscard]] load_plan plan() const {
    load_plan made;
    made.to.port = server.port();
    made.connections = 20;
    made.duration = 200ms;
    made.warm_up = 50ms;
    return made;
  }

  echo_server server;
  std::thread thread;
};

} // namespace

SCENARIO("every request of a closed loop comes back, as large as asked for") {
  GIVEN("an echo server and twenty connections with three requests in flight each") {
    serving echo(300);
    auto plan = echo.plan();
    plan.in_flight = 3;
    auto result = measure_echo(plan, 110);
    THEN("nothing is lost and the sizes are right") {
      CHECK(result.succeeded > 0);
      CHECK_EQ(result.failed(), 0u);
      CHECK_EQ(result.latency.count(), result.succeeded);
      CHECK_EQ(result.request_bytes, 110.0);
      CHECK_EQ(result.answer_bytes, 300.0);
      CHECK(std::abs(result.elapsed.count() - 0.2) < 0.1);
    }
  }
}

SCENARIO("an open loop keeps its rate") {
  GIVEN("an echo server that is asked 1,000 times a second") {
    serving echo(100);
    auto plan = echo.plan();
    plan.rate_per_s = 1'000;
    auto result = measure_echo(plan, 100);
    THEN("about 200 answers come in 200 ms") {
      CHECK_EQ(result.failed(), 0u);
      CHECK(result.succeeded >= 150u && result.succeeded <= 250u);
    }
  }
}

SCENARIO("a load on nobody says that it cannot be reached") {
  load_plan plan;
  plan.to.port = usher::crowd::free_port();
  plan.connections = 2;
  CHECK_THROWS_AS(static_cast<void>(measure_echo(plan, 100)), usher::crowd::unreachable);
}
