#include "codec/plan_text.hpp"
#include "domain/event_settings.hpp"
#include "node/event_printing.hpp"
#include "node/event_verb.hpp"
#include "node/plan_files.hpp"

#include <boost/json/object.hpp>

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

/// The settings that may be given with an event's plan, or changed while it sells.
struct live_settings {
  std::vector<std::string> prices;
  std::optional<std::uint32_t> hold_ttl_s;
  std::optional<std::uint32_t> rehold_pause_s;
  std::optional<std::uint32_t> max_per_buyer;
  std::optional<std::uint32_t> rate;
  std::optional<std::uint32_t> max_shopping;
};

/// Returns the option for the rate.
CLI::Option* declare_live_settings(CLI::App& verb, live_settings& to) {
  verb.add_option("--price", to.prices, "CATEGORY=MINOR, e.g. Standard=8950 for 89.50; repeat it for more");
  verb.add_option("--hold-ttl", to.hold_ttl_s, "How long a hold lasts, in seconds")
      ->check(CLI::Range(domain::event_settings::hold_ttl_min.count(), domain::event_settings::hold_ttl_max.count()));
  verb.add_option("--rehold-pause", to.rehold_pause_s,
                  "How long buyers who let seats run out leave these to others, in seconds")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{domain::rehold_rule::pause_max.count()}));
  verb.add_option("--max-per-buyer", to.max_per_buyer, "Seats that one buyer may have")
      ->check(CLI::Range(1U, domain::event_settings::seats_per_buyer_max));
  verb.add_option("--max-shopping", to.max_shopping, "People inside at once; 0: no cap");
  return verb.add_option("--rate", to.rate, "People let in per second")
      ->check(CLI::Range(1U, domain::event_settings::admission_per_s_max));
}

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

json::object document(const live_settings& given) {
  json::object result;
  put_if(result, "hold_ttl_s", given.hold_ttl_s);
  put_if(result, "rehold_pause_s", given.rehold_pause_s);
  put_if(result, "max_seats_per_buyer", given.max_per_buyer);
  put_if(result, "admission_per_s", given.rate);
  put_if(result, "max_shopping", given.max_shopping);
  if (auto prices = prices_of(given.prices); !prices.empty())
    result["prices"] = std::move(prices);
  return result;
}

// ---- create -------------------------------------------------------------------

struct new_event {
  event_verb to;
  std::string plan;
  std::optional<std::string> name;
  std::optional<std::string> currency;
  live_settings live;
  bool no_waiting_room = false;
  bool refuse_orphans = false;
  bool open = false;
};

/// A forgotten price gives seats away. Only a warning on standard error, because it may be intended.
void warn_of_free_seats(const domain::seating_plan& plan, const json::object& settings) {
  const auto* prices = settings.if_contains("prices");
  std::string free_of_charge;
  for (const auto& category : plan.categories())
    if (!prices || !prices->as_object().contains(category))
      free_of_charge += (free_of_charge.empty() ? "" : ", ") + category;
  if (!free_of_charge.empty())
    std::cerr << "These categories have no --price and cost nothing: " << free_of_charge << '\n';
}

exit_code create(const new_event& wanted) {
  auto settings = document(wanted.live);
  auto plan = read_plan_file(wanted.plan);
  warn_of_free_seats(*plan.plan, settings);
  settings["name"] = wanted.name.value_or(plan.plan->name());
  put_if(settings, "currency", wanted.currency);
  settings["waiting_room"] = !wanted.no_waiting_room;
  settings["refuse_orphans"] = wanted.refuse_orphans;
  if (wanted.open)
    settings["state"] = "open";
  auto answer = wanted.to.client().put(wanted.to.target(), event_document(settings, plan.text));
  return print(wanted.to, answer, print_event);
}

// ---- set ------------------------------------------------------------------------

struct new_settings {
  event_verb to;
  live_settings live;
};

exit_code set(const new_settings& wanted) {
  auto what = document(wanted.live);
  if (what.empty())
    throw std::invalid_argument{"say what to set: `usher event set --help` lists it"};
  auto changed = wanted.to.client().patch(wanted.to.target(), what);
  auto paces = what.contains("admission_per_s") || what.contains("max_shopping");
  if (paces && !changed.at("waiting_room").as_bool())
    std::cerr << wanted.to.event << " has no waiting room: everybody is let in at once, at whatever rate\n";
  return print(wanted.to, changed, print_event);
}

} // namespace

void declare_create(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("create", "Create an event, or give it a new plan and all its settings anew");
  auto wanted = std::make_shared<new_event>();
  declare_where(*verb, wanted->to);
  verb->add_option("--plan", wanted->plan, "A seating plan, or the name of one that is shipped: theatre, arena")
      ->required();
  verb->add_option("--name", wanted->name, "What people call it; the plan's name when left out");
  verb->add_option("--currency", wanted->currency, "What prices are in, by ISO 4217");
  auto rate = declare_live_settings(*verb, wanted->live);
  verb->add_flag("--no-waiting-room", wanted->no_waiting_room, "Let everybody in at once")->excludes(rate);
  verb->add_flag("--refuse-orphans", wanted->refuse_orphans, "Refuse holds that leave a single seat between others");
  verb->add_flag("--open", wanted->open, "Open the sale at once");
  verb->footer("Left out: EUR, holds of 300 s, 8 seats a buyer, 100 people let in per second, no cap inside.\n"
               "Example:\n  usher event create opera --plan theatre --price Premium=8950 --rate 50 --open");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return create(*wanted); }; });
}

void declare_set(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("set", "Change settings while selling: only those that are given, at once");
  auto wanted = std::make_shared<new_settings>();
  declare_where(*verb, wanted->to);
  declare_live_settings(*verb, wanted->live);
  verb->footer("What is held or ordered keeps its price and its deadline.\n"
               "Example:\n  usher event set opera --price Premium=7900 --hold-ttl 120");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return set(*wanted); }; });
}

void declare_rate(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("rate", "Change how fast people are let in");
  auto wanted = std::make_shared<new_settings>();
  declare_where(*verb, wanted->to);
  verb->add_option("N", wanted->live.rate, "People per second")
      ->required()
      ->check(CLI::Range(1U, domain::event_settings::admission_per_s_max));
  verb->add_option("--max-shopping", wanted->live.max_shopping, "People inside at once; 0: no cap");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return set(*wanted); }; });
}

} // namespace usher::node
