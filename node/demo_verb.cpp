#include "node/demo.hpp"
#include "node/store_argument.hpp"
#include "node/verbs.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace usher::node {

void declare_demo(CLI::App& program, action& chosen) {
  auto verb = program.add_subcommand("demo", "A whole sale: a node, an event, a crowd, the figures, the audit");
  auto options = std::make_shared<demo_options>();
  verb->add_option("--plan", options->plan, "theatre, arena or a file")->capture_default_str();
  verb->add_option("--buyers", options->buyers, "People in the crowd")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--rate", options->rate, "People let in per second; left out: all within about 20 s")
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--seed", options->seed, "Seed of the crowd's random choices")->capture_default_str();
  auto store =
      declare_store(*verb, options->store, "sqlite:FILE or postgres://…; left out: a SQLite file that goes away");
  auto connect = verb->add_option("--connect", options->connect,
                                  "Where nodes that run already, or a balancer before them, serve buyers, by http:// "
                                  "or https://: one URL, or several "
                                  "with commas between; --admin creates the event and audits it");
  connect->type_name("URL")->delimiter(',')->excludes(store);
  declare_access(*verb, options->operators);
  for (auto of_a_node_elsewhere : {"--admin", "--ca"})
    verb->get_option(of_a_node_elsewhere)->needs(connect);
  verb->add_flag("--exit", options->exit, "End after the sale; else the node serves on");
  verb->add_flag("--json", options->json, "Print one JSON object");
  verb->footer("Examples:\n  usher demo --plan theatre --buyers 1000 --exit\n"
               "  usher demo --connect https://tickets.example --admin http://127.0.0.1:8081 --buyers 200\n"
               "The node must take anonymous buyers, and may limit what comes from one address: see rate-limit.");
  verb->callback([options, &chosen] { chosen = [options] { return run_demo(*options); }; });
}

} // namespace usher::node
