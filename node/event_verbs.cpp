#include "domain/ids.hpp"
#include "node/event_printing.hpp"
#include "node/event_verb.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace usher::node {

namespace json = boost::json;

void declare_where(CLI::App& verb, event_verb& to, bool with_event) {
  auto is_event = [](const std::string& text) {
    return domain::is_event_id(text) ? std::string{} : "an event's ID is 1 to 64 of a-z, 0-9 and -";
  };
  if (with_event)
    verb.add_option("ID", to.event, "The event")->required()->check(is_event);
  declare_access(verb, to.node);
  verb.add_flag("--json", to.as_json, "Print the node's answer as JSON");
}

exit_code print(const event_verb& to, const json::value& answer,
                void (*for_people)(const json::value&, std::ostream&)) {
  if (to.as_json)
    std::cout << json::serialize(answer) << '\n';
  else
    for_people(answer, std::cout);
  return exit_code::done;
}

namespace {

// ---- reading ------------------------------------------------------------------

void declare_list(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("list", "List all events");
  auto to = std::make_shared<event_verb>();
  declare_where(*verb, *to, false);
  verb->callback(
      [to, &chosen] { chosen = [to] { return print(*to, to->client().get("/admin/v1/events"), print_events); }; });
}

void declare_show(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("show", "Show one event and its sections");
  auto to = std::make_shared<event_verb>();
  declare_where(*verb, *to);
  verb->callback([to, &chosen] { chosen = [to] { return print(*to, to->client().get(to->target()), print_event); }; });
}

void declare_report(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("report", "Show what is free, held and sold, and for how much");
  auto to = std::make_shared<event_verb>();
  declare_where(*verb, *to);
  verb->callback(
      [to, &chosen] { chosen = [to] { return print(*to, to->client().get(to->target("/report")), print_report); }; });
}

// ---- changing -----------------------------------------------------------------

exit_code change(const event_verb& to, const json::object& what) {
  return print(to, to.client().patch(to.target(), what), print_event);
}

void declare_state(CLI::App& event, action& chosen, const char* name, const char* state, const char* sentence) {
  auto verb = event.add_subcommand(name, sentence);
  auto to = std::make_shared<event_verb>();
  declare_where(*verb, *to);
  verb->callback([to, state, &chosen] { chosen = [to, state] { return change(*to, {{"state", state}}); }; });
}

/// Unlike `open` it starts no sale: a mistyped event ID must not.
exit_code resume(const event_verb& to) {
  auto present = to.client().get(to.target());
  std::string state{present.at("state").as_string()};
  if (state == "scheduled" || state == "draw")
    throw std::runtime_error{to.event + " is not paused, its sale has not begun: `usher event open " + to.event
                             + "` begins it"};
  return change(to, {{"state", "open"}});
}

void declare_resume(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("resume", "Go on after a pause");
  auto to = std::make_shared<event_verb>();
  declare_where(*verb, *to);
  verb->callback([to, &chosen] { chosen = [to] { return resume(*to); }; });
}

void declare_block(CLI::App& event, action& chosen, const char* name, const char* sentence) {
  struct places {
    event_verb to;
    std::vector<std::string> seats;
    std::optional<std::string> section;
    std::optional<std::uint32_t> quantity;
  };
  auto verb = event.add_subcommand(name, sentence);
  auto wanted = std::make_shared<places>();
  declare_where(*verb, wanted->to);
  auto seats = verb->add_option("--seat", wanted->seats, "A seat's guid; repeat it for more");
  auto section = verb->add_option("--section", wanted->section, "All seats of a section, or places of a floor");
  verb->add_option("--quantity", wanted->quantity, "How many places of the floor")->needs(section);
  seats->excludes(section);
  verb->footer(std::string{"Examples:\n  usher event "} + name + " opera --seat A-1-1 --seat A-1-2\n  usher event "
               + name + " opera --section floor --quantity 20");
  verb->callback([wanted, name, &chosen] {
    chosen = [wanted, name] {
      if (!wanted->section && wanted->seats.empty())
        throw std::invalid_argument{std::string{"say which places to "} + name + ": --seat GUID or --section SECTION"};
      json::object what;
      put_if(what, "section", wanted->section);
      put_if(what, "quantity", wanted->quantity);
      if (!wanted->section)
        what["seats"] = json::array(wanted->seats.begin(), wanted->seats.end());
      auto& to = wanted->to;
      return print(to, to.client().post(to.target(std::string{"/seats/"} + name), what), print_event);
    };
  });
}

} // namespace

void declare_event(CLI::App& program, action& chosen) {
  auto event = program.add_subcommand("event", "Create events, open and close them, see how they sell");
  event->require_subcommand(1);
  declare_create(*event, chosen);
  declare_set(*event, chosen);
  declare_list(*event, chosen);
  declare_show(*event, chosen);
  declare_report(*event, chosen);
  declare_state(*event, chosen, "open", "open", "Open the sale");
  declare_state(*event, chosen, "pause", "paused",
                "Stop new holds and admissions for a while; what is held may be paid for");
  declare_resume(*event, chosen);
  declare_rate(*event, chosen);
  declare_state(*event, chosen, "close", "closed", "End the sale, for ever: what is held cannot be paid for any more");
  declare_orders(*event, chosen);
  declare_refund(*event, chosen);
  declare_block(*event, chosen, "block", "Take free seats out of the sale");
  declare_block(*event, chosen, "unblock", "Put blocked seats back into the sale");
  event->footer("--admin says where the node is; --admin-key or USHER_ADMIN_KEY is the operators' key. An https://\n"
                "address must show a certificate of an authority in --ca, or of one that this machine trusts.\n"
                "Example:\n  usher event report opera --admin http://127.0.0.1:8081");
}

} // namespace usher::node
