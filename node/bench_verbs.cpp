#include "bench/ask_bench.hpp"
#include "bench/child_process.hpp"
#include "bench/cluster_bench.hpp"
#include "bench/echo_bench.hpp"
#include "bench/hold_bench.hpp"
#include "bench/journal_bench.hpp"
#include "node/ready_notice.hpp"
#include "node/store_argument.hpp"
#include "node/verbs.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>

namespace usher::node {
namespace {

void declare_duration(CLI::App& verb, std::chrono::seconds& duration) {
  verb.add_option_function<int>(
          "--duration", [&duration](int wanted) { duration = std::chrono::seconds{wanted}; },
          "Seconds [" + std::to_string(duration.count()) + "]")
      ->check(CLI::Range(1, 3600));
}

/// Declares a whole number within bounds; the help shows its default.
void declare_number(CLI::App& verb, const char* name, std::size_t& value, const char* sentence, int least, int most) {
  verb.add_option(name, value, sentence)->capture_default_str()->check(CLI::Range(least, most));
}

void declare_json(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "Print one JSON object");
}

/// The options common to the benches that send frames.
template <class Options>
void declare_load(CLI::App& verb, Options& options) {
  declare_number(verb, "--connections", options.connections, "WebSocket connections", 1, 15'000);
  declare_number(verb, "--in-flight", options.in_flight, "Requests in flight on each connection", 1, 64);
  verb.add_option("--rate", options.rate_per_s,
                  "Requests per second, each timed from its own moment even if it is sent later: corrected for "
                  "coordinated omission; left out: each follows the answer before it")
      ->check(CLI::Range(1.0, 1e6));
  declare_duration(verb, options.duration);
  declare_json(verb, options.json);
}

void declare_fresh_store(CLI::App& verb, std::string& store) {
  declare_store(verb, store, "sqlite:FILE or postgres://…; left out: a fresh SQLite file");
}

/// Chooses `run(options)` if the verb is given.
template <class Options>
void choose(CLI::App& verb, action& chosen, std::shared_ptr<Options> options,
            int (*run)(const Options&, std::ostream&)) {
  verb.callback([options, run, &chosen] {
    chosen = [options, run] { return static_cast<exit_code>(run(*options, std::cout)); };
  });
}

void declare_hold(CLI::App& bench, action& chosen) {
  auto verb = bench.add_subcommand("hold", "Holds per second over WebSocket, each durable before it is answered");
  auto options = std::make_shared<bench::hold_options>();
  options->program = bench::this_program();
  declare_load(*verb, *options);
  declare_fresh_store(*verb, options->store);
  verb->add_option("--config", options->config, "Configuration file of the node that is measured")
      ->check(CLI::ExistingFile);
  verb->add_flag_callback(
      "--no-echo", [options] { options->with_echo = false; },
      "Leave out the bare echo that is measured afterwards for ratio_echo");
  verb->footer("Example:\n  usher bench hold --connections 1000 --duration 10 --json");
  choose(*verb, chosen, options, bench::run_hold);
}

void declare_echo(CLI::App& bench, action& chosen) {
  auto verb = bench.add_subcommand("echo", "A bare WebSocket echo with the same client: the limit on this machine");
  auto options = std::make_shared<bench::echo_options>();
  options->program = bench::this_program();
  options->on_listening = tell_ready;
  declare_load(*verb, *options);
  declare_number(*verb, "--request-bytes", options->request_bytes, "Size of a request's frame", 32, 65'536);
  declare_number(*verb, "--answer-bytes", options->answer_bytes, "Size of an answer's frame", 1, 65'536);
  verb->add_option("--serve", options->serve_port, "Only serve, on this port, until killed");
  choose(*verb, chosen, options, bench::run_echo);
}

void declare_journal(CLI::App& bench, action& chosen) {
  auto verb = bench.add_subcommand("journal", "Facts per second into a store, durable");
  auto options = std::make_shared<bench::journal_options>();
  declare_duration(*verb, options->duration);
  declare_fresh_store(*verb, options->store);
  declare_number(*verb, "--group", options->group, "Facts per append", 1, 10'000);
  declare_number(*verb, "--shards", options->shards, "Sections that take turns", 1, 1000);
  declare_number(*verb, "--in-flight", options->in_flight, "Facts that the second half does not wait for", 1, 100'000);
  declare_json(*verb, options->json);
  choose(*verb, chosen, options, bench::run_journal);
}

void declare_ask(CLI::App& bench, action& chosen) {
  auto verb = bench.add_subcommand("ask", "A section actor's holds beside a bare request and response");
  auto options = std::make_shared<bench::ask_options>();
  declare_duration(*verb, options->duration);
  declare_number(*verb, "--in-flight,--connections", options->in_flight,
                 "Requests in flight, as if from this many connections", 1, 10'000);
  declare_json(*verb, options->json);
  choose(*verb, chosen, options, bench::run_ask);
}

void declare_cluster(CLI::App& bench, action& chosen) {
  auto verb =
      bench.add_subcommand("cluster", "Three nodes on one PostgreSQL: killed, stopped, cut off, drained, joined");
  auto options = std::make_shared<bench::cluster_options>();
  options->program = bench::this_program();
  declare_store(*verb, options->store,
                "postgres://…, a database without events; left out: a PostgreSQL of its own, if that is installed");
  verb->add_option("--only", options->only, "Figures to measure, by name; left out: all")->delimiter(',');
  declare_number(*verb, "--shards", options->shards, "Shards of each of the three nodes", 4, 300);
  declare_number(*verb, "--repeat", options->repeat, "How often each figure is measured; the worst counts", 1, 20);
  declare_json(*verb, options->json);
  verb->footer("Takes a quarter of an hour or so; ends with 1 if a figure is above its limit.\nExample:\n"
               "  usher bench cluster --only kill_to_first_hold_ms,drain_ms --json");
  choose(*verb, chosen, options, bench::run_cluster);
}

} // namespace

void declare_bench(CLI::App& program, action& chosen) {
  auto bench = program.add_subcommand("bench", "Measure this machine");
  bench->require_subcommand(1);
  declare_hold(*bench, chosen);
  declare_echo(*bench, chosen);
  declare_journal(*bench, chosen);
  declare_ask(*bench, chosen);
  declare_cluster(*bench, chosen);
}

} // namespace usher::node
