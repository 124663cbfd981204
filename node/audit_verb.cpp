#include "node/audit_printing.hpp"
#include "node/store_argument.hpp"
#include "node/stored_audit.hpp"
#include "node/verbs.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/store_url.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace usher::node {
namespace {

struct audit_wish {
  std::string event;
  std::string store;
  bool as_json = false;
};

/// Opening a file that does not exist would make an empty store.
void ensure_is_there(const std::string& url) {
  auto file = persistence::sqlite_file_of(url);
  if (file && !std::filesystem::exists(*file))
    throw std::runtime_error{"there is no store at " + url};
}

exit_code run(const audit_wish& wish) {
  ensure_is_there(wish.store);
  auto store = persistence::open_store(wish.store, persistence::schema_upkeep::none);
  domain::event_id event{wish.event};
  auto report = audit_stored(*store, event);
  if (!report)
    throw std::runtime_error{"there is no event " + wish.event + " in " + persistence::without_password(wish.store)};
  if (wish.as_json)
    std::cout << to_json(*report) << '\n';
  else
    print(*report, std::cout);
  return report->ok() ? exit_code::done : exit_code::refused;
}

} // namespace

void declare_audit(CLI::App& program, action& chosen) {
  auto verb = program.add_subcommand("audit", "Replay an event's journal and compare it with the tables");
  auto wish = std::make_shared<audit_wish>();
  verb->add_option("EVENT", wish->event, "The event's ID")->required();
  declare_store(*verb, wish->store, "sqlite:FILE or postgres://…")->required();
  verb->add_flag("--json", wish->as_json, "Print one JSON object");
  verb->footer("Reads the store itself, whether nodes are running or not; 1 when anything does not add up.\n"
               "Example:\n  usher audit opera --store sqlite:usher.db");
  verb->callback([wish, &chosen] { chosen = [wish] { return run(*wish); }; });
}

} // namespace usher::node
