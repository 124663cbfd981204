#include "domain/ids.hpp"
#include "gateway/plan_codec.hpp"
#include "node/admin_client.hpp"
#include "node/configuration.hpp"
#include "node/event_printing.hpp"
#include "node/plan_files.hpp"
#include "node/verbs.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace usher::node {
namespace {

namespace json = boost::json;

/// What all `event` verbs have in common.
struct where {
  std::string url = "http://127.0.0.1:8081";
  std::string key;
  std::string event;
  bool as_json = false;

  [[nodiscard]] admin_client client() const { return {url, key}; }
  [[nodiscard]] std::string target(const std::string& more = {}) const { return "/admin/v1/events/" + event + more; }
};

void declare_where(CLI::App& verb, where& to, bool with_event = true) {
  auto is_event = [](const std::string& text) {
    return domain::is_event_id(text) ? std::string{} : "an event's ID is 1 to 64 of a-z, 0-9 and -";
  };
  if (with_event)
    verb.add_option("ID", to.event, "The event")->required()->check(is_event);
  verb.add_option("--admin", to.url, "Where the node serves operators")->capture_default_str();
  verb.add_option("--admin-key", to.key, "What the node knows operators by")->envname("USHER_ADMIN_KEY");
  verb.add_flag("--json", to.as_json, "Print the node's answer as JSON");
}

exit_code print(const where& to, const json::value& answer, void (*for_people)(const json::value&, std::ostream&)) {
  if (to.as_json)
    std::cout << json::serialize(answer) << '\n';
  else
    for_people(answer, std::cout);
  return exit_code::done;
}

// ---- create -------------------------------------------------------------------

struct new_event {
  where to;
  std::string plan;
  std::optional<std::string> name;
  std::vector<std::string> prices;
  std::optional<std::string> currency;
  std::optional<std::uint32_t> hold_ttl_s;
  std::optional<std::uint32_t> max_per_buyer;
  std::optional<std::uint32_t> rate;
  std::optional<std::uint32_t> max_shopping;
  bool no_waiting_room = false;
  bool refuse_orphans = false;
  bool open = false;
};

json::object prices_of(const std::vector<std::string>& given) {
  json::object prices;
  for (auto& each : given) {
    auto equals = each.rfind('=');
    std::int64_t price = 0;
    if (equals == std::string::npos || equals == 0 || !CLI::detail::lexical_cast(each.substr(equals + 1), price)
        || price < 0)
      throw std::invalid_argument{"--price " + each + ": must be CATEGORY=MINOR, e.g. Standard=8950 for 89.50"};
    prices[each.substr(0, equals)] = price;
  }
  return prices;
}

/// A price that was forgotten gives seats away: said on the standard error stream, because it may be meant.
void warn_of_free_seats(const domain::seating_plan& plan, const json::object& prices) {
  std::string free_of_charge;
  for (const auto& category : plan.categories())
    if (!prices.contains(category))
      free_of_charge += (free_of_charge.empty() ? "" : ", ") + category;
  if (!free_of_charge.empty())
    std::cerr << "These categories have no --price and cost nothing: " << free_of_charge << '\n';
}

template <class Value>
void put_if(json::object& into, const char* name, const std::optional<Value>& value) {
  if (value)
    into[name] = *value;
}

exit_code create(const new_event& wanted) {
  json::object settings;
  put_if(settings, "name", wanted.name);
  put_if(settings, "currency", wanted.currency);
  put_if(settings, "hold_ttl_s", wanted.hold_ttl_s);
  put_if(settings, "max_seats_per_buyer", wanted.max_per_buyer);
  put_if(settings, "admission_per_s", wanted.rate);
  put_if(settings, "max_shopping", wanted.max_shopping);
  settings["waiting_room"] = !wanted.no_waiting_room;
  settings["refuse_orphans"] = wanted.refuse_orphans;
  auto prices = prices_of(wanted.prices);
  auto plan = read_plan_file(wanted.plan);
  warn_of_free_seats(*plan.plan, prices);
  if (!prices.empty())
    settings["prices"] = std::move(prices);
  if (wanted.open)
    settings["state"] = "open";
  if (!settings.contains("name"))
    settings["name"] = plan.plan->name();
  auto answer = wanted.to.client().put(wanted.to.target(), event_document(settings, plan.text));
  return print(wanted.to, answer, print_event);
}

void declare_create(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("create", "Create an event, or give it a new plan and all its settings anew");
  auto wanted = std::make_shared<new_event>();
  declare_where(*verb, wanted->to);
  verb->add_option("--plan", wanted->plan, "A seating plan, or the name of one that is shipped: theatre, arena")
      ->required();
  verb->add_option("--name", wanted->name, "What people call it; the plan's name when left out");
  verb->add_option("--price", wanted->prices, "CATEGORY=MINOR, e.g. Standard=8950 for 89.50; repeat it for more");
  verb->add_option("--currency", wanted->currency, "ISO 4217 [EUR]");
  verb->add_option("--hold-ttl", wanted->hold_ttl_s, "How long a hold lasts, in seconds [300]")
      ->check(CLI::Range(10, 3600));
  verb->add_option("--max-per-buyer", wanted->max_per_buyer, "Seats that one buyer may have [8]")
      ->check(CLI::Range(1, 1000));
  auto rate = verb->add_option("--rate", wanted->rate, "People let in per second [100]")->check(CLI::Range(1, 100'000));
  verb->add_option("--max-shopping", wanted->max_shopping, "People inside at once; 0: no cap [0]");
  verb->add_flag("--no-waiting-room", wanted->no_waiting_room, "Let everybody in at once")->excludes(rate);
  verb->add_flag("--refuse-orphans", wanted->refuse_orphans, "Refuse holds that leave a single seat between others");
  verb->add_flag("--open", wanted->open, "Open the sale at once");
  verb->footer("Example:\n  usher event create opera --plan theatre --price Premium=8950 --rate 50 --open");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return create(*wanted); }; });
}

// ---- reading ------------------------------------------------------------------

void declare_list(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("list", "List all events");
  auto to = std::make_shared<where>();
  declare_where(*verb, *to, false);
  verb->callback(
      [to, &chosen] { chosen = [to] { return print(*to, to->client().get("/admin/v1/events"), print_events); }; });
}

void declare_show(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("show", "Show one event and its sections");
  auto to = std::make_shared<where>();
  declare_where(*verb, *to);
  verb->callback([to, &chosen] { chosen = [to] { return print(*to, to->client().get(to->target()), print_event); }; });
}

void declare_report(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("report", "Show what is free, held and sold, and for how much");
  auto to = std::make_shared<where>();
  declare_where(*verb, *to);
  verb->callback(
      [to, &chosen] { chosen = [to] { return print(*to, to->client().get(to->target("/report")), print_report); }; });
}

// ---- changing -----------------------------------------------------------------

exit_code change(const where& to, const json::object& what) {
  return print(to, to.client().patch(to.target(), what), print_event);
}

void declare_state(CLI::App& event, action& chosen, const char* name, const char* state, const char* sentence) {
  auto verb = event.add_subcommand(name, sentence);
  auto to = std::make_shared<where>();
  declare_where(*verb, *to);
  verb->callback([to, state, &chosen] { chosen = [to, state] { return change(*to, {{"state", state}}); }; });
}

/// Unlike `open` it starts no sale: a slip of the pen in the event's ID must not.
exit_code resume(const where& to) {
  auto present = to.client().get(to.target());
  std::string state{present.at("state").as_string()};
  if (state == "scheduled" || state == "draw")
    throw std::runtime_error{to.event + " is not paused, its sale has not begun: `usher event open " + to.event
                             + "` begins it"};
  return change(to, {{"state", "open"}});
}

void declare_resume(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("resume", "Go on after a pause");
  auto to = std::make_shared<where>();
  declare_where(*verb, *to);
  verb->callback([to, &chosen] { chosen = [to] { return resume(*to); }; });
}

void declare_rate(CLI::App& event, action& chosen) {
  struct new_rate {
    where to;
    std::uint32_t rate = 0;
    std::optional<std::uint32_t> max_shopping;
  };
  auto verb = event.add_subcommand("rate", "Change how fast people are let in");
  auto wanted = std::make_shared<new_rate>();
  declare_where(*verb, wanted->to);
  verb->add_option("N", wanted->rate, "People per second")->required()->check(CLI::Range(1, 100'000));
  verb->add_option("--max-shopping", wanted->max_shopping, "People inside at once; 0: no cap");
  verb->callback([wanted, &chosen] {
    chosen = [wanted] {
      json::object what{{"admission_per_s", wanted->rate}};
      put_if(what, "max_shopping", wanted->max_shopping);
      auto changed = wanted->to.client().patch(wanted->to.target(), what);
      if (!changed.at("waiting_room").as_bool())
        std::cerr << wanted->to.event << " has no waiting room: everybody is let in at once, at whatever rate\n";
      return print(wanted->to, changed, print_event);
    };
  });
}

void declare_block(CLI::App& event, action& chosen, const char* name, const char* sentence) {
  struct places {
    where to;
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
  declare_list(*event, chosen);
  declare_show(*event, chosen);
  declare_report(*event, chosen);
  declare_state(*event, chosen, "open", "open", "Open the sale");
  declare_state(*event, chosen, "pause", "paused",
                "Stop new holds and admissions for a while; what is held may be paid for");
  declare_resume(*event, chosen);
  declare_rate(*event, chosen);
  declare_state(*event, chosen, "close", "closed", "End the sale, for ever: what is held cannot be paid for any more");
  declare_block(*event, chosen, "block", "Take free seats out of the sale");
  declare_block(*event, chosen, "unblock", "Put blocked seats back into the sale");
  event->footer("The node is found by --admin, and knows operators by --admin-key or USHER_ADMIN_KEY.\n"
                "Example:\n  usher event report opera --admin http://127.0.0.1:8081");
}

} // namespace usher::node
