#include "bench/hold_bench.hpp"

#include "bench/child_node.hpp"
#include "bench/echo_bench.hpp"
#include "bench/figures.hpp"
#include "bench/halls.hpp"
#include "bench/hold_workload.hpp"
#include "bench/load.hpp"
#include "bench/run_name.hpp"
#include "crowd/http_client.hpp"
#include "log/log.hpp"
#include "persistence/booking_store.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace usher::bench {

namespace {

/// More holds per second than a closed loop reaches here: this decides how many seats are made.
constexpr double per_s_max = 40'000;

load_plan plan_of(const hold_options& options) {
  load_plan plan;
  plan.connections = options.connections;
  plan.in_flight = options.in_flight;
  plan.duration = options.duration;
  plan.rate_per_s = options.rate_per_s;
  return plan;
}

load_result measure_holds(const hold_options& options) {
  child_node_options as{.program = options.program.empty() ? this_program() : options.program, .store = options.store};
  if (!options.config.empty())
    as.arguments = {"--config", options.config};
  child_node node(std::move(as));
  auto plan = plan_of(options);
  plan.to = node.http();
  auto per_s = options.rate_per_s > 0 ? options.rate_per_s : per_s_max;
  auto seconds = std::chrono::duration<double>(plan.duration + plan.warm_up).count() + 1;
  auto all = halls_for(options.connections, static_cast<std::size_t>(std::ceil(per_s * seconds)));
  all.run = "bench-" + run_name();
  hold_workload work(all);
  try {
    create_events(node.admin(), node.admin_key(), all);
    auto result = run_load(plan, work);
    node.process().stop();
    return result;
  } catch (const crowd::unreachable& why) {
    throw std::runtime_error(std::string(why.what()) + "; the node said:\n" + node.said());
  }
}

load_result measure_echo_like(const load_result& held, const hold_options& options) {
  echo_options echo;
  echo.connections = options.connections;
  echo.in_flight = options.in_flight;
  echo.duration = options.duration;
  echo.rate_per_s = options.rate_per_s;
  echo.request_bytes = static_cast<std::size_t>(std::lround(held.request_bytes));
  echo.answer_bytes = static_cast<std::size_t>(std::lround(held.answer_bytes));
  echo.program = options.program;
  return run_beside_echo_server(echo);
}

} // namespace

int run_hold(const hold_options& options, std::ostream& out) {
  try {
    auto held = measure_holds(options);
    figures report;
    report.add("bench", std::string("hold"))
        .add("store", options.store.empty() ? std::string("sqlite") : persistence::without_password(options.store))
        .add("connections", std::uint64_t{options.connections})
        .add(held)
        .add("request_bytes", held.request_bytes)
        .add("answer_bytes", held.answer_bytes);
    if (held.used_up)
      report.add("note", std::string("all seats were taken before the time was over"));
    auto failed = held.failed();
    if (options.with_echo) {
      auto echoed = measure_echo_like(held, options);
      report.add("echo_per_s", echoed.per_s()).add("echo_p50_ms", echoed.latency.percentile_ms(50));
      report.add("ratio_echo", echoed.per_s() > 0 ? held.per_s() / echoed.per_s() : 0);
      failed += echoed.failed();
    }
    report.print(out, options.json);
    return failed == 0 ? 0 : 1;
  } catch (const std::runtime_error& why) {
    log::of("bench").error("bench hold: {}", why.what());
    return 3;
  }
}

} // namespace usher::bench
