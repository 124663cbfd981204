#include "log/log.hpp"
#include "node/configuration.hpp"
#include "node/serving.hpp"
#include "node/verbs.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace usher::node {
namespace {

/// A flag that sets an option of the table.
struct flag {
  const char* name;
  const char* option;
  const char* value_name;
  const char* sentence;
};

constexpr flag flags[]{
    {"--http", "http.address", "HOST:PORT", "Where buyers are served [127.0.0.1:8080]"},
    {"--admin", "admin.address", "HOST:PORT", "Where operators are served [127.0.0.1:8081]"},
    {"--store", "store.url", "URL", "sqlite:FILE or postgres://… [sqlite:usher.db]"},
    {"--admin-key", "admin.key", "KEY", "What operators show; USHER_ADMIN_KEY does it, too"},
    {"--log-level", "log.level", "LEVEL", "trace, debug, info, warning, error, critical or off [info]"},
};

struct node_wish {
  std::string file;
  std::vector<std::pair<const flag*, std::string>> given;
  std::vector<std::string> set; ///< `NAME=VALUE`
  bool log_json = false;
  bool print_options = false;
};

configuration configure(const node_wish& wish) {
  auto result = wish.file.empty() ? configuration{} : read_configuration(wish.file);
  if (!wish.file.empty())
    if (auto warning = careless_secret(wish.file, result.node))
      log::of("node").warn("{}", *warning);
  if (auto key = admin_key_of_environment())
    set_option(result.node, "admin.key", *key, "USHER_ADMIN_KEY");
  for (const auto& one : wish.set) {
    auto sign = one.find('=');
    if (sign == std::string::npos)
      throw bad_configuration{"--set " + one + ": must be NAME=VALUE"};
    set_option(result.node, one.substr(0, sign), one.substr(sign + 1), "--set");
  }
  for (auto& [what, value] : wish.given)
    set_option(result.node, what->option, value, what->name);
  if (wish.log_json)
    result.node.log.json = true;
  read_secret_files(result.node);
  check_together(result.node);
  return result;
}

exit_code run(const node_wish& wish) {
  if (wish.print_options) {
    std::cout << reference_page();
    return exit_code::done;
  }
  return serve(configure(wish));
}

} // namespace

void declare_node(CLI::App& program, action& chosen) {
  auto verb = program.add_subcommand("node", "Serve buyers and operators");
  auto wish = std::make_shared<node_wish>();
  verb->add_option("--config", wish->file, "A file in CAF's configuration format; flags win over it")
      ->type_name("FILE");
  for (auto& each : flags)
    verb->add_option_function<std::string>(
            each.name, [wish, &each](const std::string& value) { wish->given.emplace_back(&each, value); },
            each.sentence)
        ->type_name(each.value_name);
  verb->add_option("--set", wish->set, "Any option of the configuration file; wins over it, may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_flag("--log-json", wish->log_json, "Log one JSON object a line");
  verb->add_flag("--print-options", wish->print_options, "Print all options of the configuration file, and end");
  verb->footer("Example:\n  usher node --config usher.conf --store sqlite:/var/lib/usher/usher.db\n"
               "SIGTERM or SIGINT stops it within ten seconds or so; a second one at once.");
  verb->callback([wish, &chosen] { chosen = [wish] { return run(*wish); }; });
}

} // namespace usher::node
