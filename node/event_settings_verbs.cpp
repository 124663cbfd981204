#include "codec/plan_text.hpp"
#include "domain/event_settings.hpp"
#include "node/event_printing.hpp"
#include "node/event_verb.hpp"
#include "node/plan_files.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
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
  std::optional<std::string> cancellations;
};

void declare_live_settings(CLI::App& verb, live_settings& to) {
  verb.add_option("--price", to.prices, "CATEGORY=MINOR, e.g. Standard=8950 for 89.50; repeat it for more");
  verb.add_option("--hold-ttl", to.hold_ttl_s, "How long a hold lasts, in seconds")
      ->check(CLI::Range(domain::event_settings::hold_ttl_min.count(), domain::event_settings::hold_ttl_max.count()));
  verb.add_option("--rehold-pause", to.rehold_pause_s,
                  "How long buyers who let seats run out leave these to others, in seconds")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{domain::rehold_rule::pause_max.count()}));
  verb.add_option("--max-per-buyer", to.max_per_buyer, "Seats that one buyer may have")
      ->check(CLI::Range(1U, domain::event_settings::seats_per_buyer_max));
  verb.add_option("--max-shopping", to.max_shopping, "People inside at once; 0: no cap");
  verb.add_option("--cancellations", to.cancellations,
                  "Who may cancel orders: none, operators, until-closed, or until=TIME, e.g. "
                  "until=2026-11-22T19:30:00+01:00");
  verb.add_option("--rate", to.rate, "People let in per second")
      ->check(CLI::Range(1U, domain::event_settings::admission_per_s_max));
}

/// A leading 0 means nothing: prices are decimal.
std::optional<std::int64_t> decimal_number(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto is_number = error == std::errc{} && end == text.data() + text.size() && number >= 0;
  return is_number ? std::optional{number} : std::nullopt;
}

json::object prices_of(const std::vector<std::string>& given) {
  json::object prices;
  for (auto& each : given) {
    auto equals = each.rfind('=');
    auto price = equals == std::string::npos ? std::nullopt : decimal_number(std::string_view{each}.substr(equals + 1));
    if (!price || equals == 0)
      throw std::invalid_argument{"--price " + each
                                  + ": must be CATEGORY=MINOR in decimal digits, e.g. Standard=8950 for 89.50"};
    prices[each.substr(0, equals)] = *price;
  }
  return prices;
}

json::value cancellations_of(const std::string& given) {
  constexpr std::string_view until = "until=";
  if (given == "none" || given == "operators")
    return json::value(given);
  if (given == "until-closed")
    return json::object{{"until", nullptr}};
  if (given.starts_with(until) && given.size() > until.size())
    return json::object{{"until", given.substr(until.size())}};
  throw std::invalid_argument{"--cancellations " + given + ": must be none, operators, until-closed or until=TIME"};
}

json::object document(const live_settings& given) {
  json::object result;
  put_if(result, "hold_ttl_s", given.hold_ttl_s);
  put_if(result, "rehold_pause_s", given.rehold_pause_s);
  put_if(result, "max_seats_per_buyer", given.max_per_buyer);
  put_if(result, "admission_per_s", given.rate);
  put_if(result, "max_shopping", given.max_shopping);
  if (given.cancellations)
    result["cancellations"] = cancellations_of(*given.cancellations);
  if (auto prices = prices_of(given.prices); !prices.empty())
    result["prices"] = std::move(prices);
  return result;
}

// ---- create -------------------------------------------------------------------

/// Declares a flag for yes and one for no; without either nothing is said.
void declare_choice(CLI::App& verb, std::optional<bool>& to, const char* yes, const char* yes_sentence, const char* no,
                    const char* no_sentence) {
  auto chosen = verb.add_flag_callback(
      yes, [&to] { to = true; }, yes_sentence);
  verb.add_flag_callback(
          no, [&to] { to = false; }, no_sentence)
      ->excludes(chosen);
}

void declare_hidden(CLI::App& verb, std::optional<bool>& to) {
  declare_choice(verb, to, "--hidden", "Tell buyers that there is no such event, but for what they hold or ordered",
                 "--shown", "Show it to everybody");
}

struct new_event {
  event_verb to;
  std::string plan;
  std::optional<std::string> name;
  std::optional<std::string> currency;
  std::optional<std::string> opens_at;
  std::optional<std::string> closes_at;
  live_settings live;
  std::optional<bool> waiting_room;
  std::optional<bool> refuse_orphans;
  std::optional<bool> hidden;
  bool open = false;
};

/// `none` takes a time away.
void put_time(json::object& into, const char* name, const std::optional<std::string>& time) {
  if (time)
    into[name] = *time == "none" ? json::value{} : json::value(*time);
}

/// Says only what was said: an event that exists keeps the rest, and a new one has the node's defaults.
exit_code create(const new_event& wanted) {
  if (wanted.live.rate && wanted.waiting_room == false)
    throw std::invalid_argument{"--rate excludes --no-waiting-room"};
  auto settings = document(wanted.live);
  auto plan = read_plan_file(wanted.plan);
  put_if(settings, "name", wanted.name);
  put_if(settings, "currency", wanted.currency);
  put_time(settings, "opens_at", wanted.opens_at);
  put_time(settings, "closes_at", wanted.closes_at);
  put_if(settings, "waiting_room", wanted.waiting_room);
  put_if(settings, "refuse_orphans", wanted.refuse_orphans);
  put_if(settings, "hidden", wanted.hidden);
  if (wanted.open)
    settings["state"] = "open";
  auto answer = wanted.to.client().put(wanted.to.target(), event_document(settings, plan.text));
  print_warnings(answer, std::cerr);
  return print(wanted.to, answer, print_event);
}

// ---- set ------------------------------------------------------------------------

struct new_settings {
  event_verb to;
  live_settings live;
  std::optional<bool> hidden;
};

/// Who sees an event is a part of what it is, which every gateway is told anew: it comes with a PUT.
json::value put_or_patch(const new_settings& wanted, json::object what) {
  auto client = wanted.to.client();
  if (!wanted.hidden)
    return client.patch(wanted.to.target(), what);
  (void)client.get(wanted.to.target()); // an event that is not there is refused as such, not as one without a plan
  what["hidden"] = *wanted.hidden;
  return client.put(wanted.to.target(), json::serialize(what));
}

exit_code set(const new_settings& wanted) {
  auto what = document(wanted.live);
  if (what.empty() && !wanted.hidden)
    throw std::invalid_argument{"say what to set: `usher event set --help` lists it"};
  auto paces = what.contains("admission_per_s") || what.contains("max_shopping");
  auto changed = put_or_patch(wanted, std::move(what));
  print_warnings(changed, std::cerr);
  if (paces && !changed.at("waiting_room").as_bool())
    std::cerr << wanted.to.event << " has no waiting room: everybody is let in at once, at whatever rate\n";
  return print(wanted.to, changed, print_event);
}

} // namespace

void declare_create(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("create", "Create an event, or give it a new plan; settings that are left out stay");
  auto wanted = std::make_shared<new_event>();
  declare_where(*verb, wanted->to);
  verb->add_option("--plan", wanted->plan, "A seating plan, or the name of one that is shipped: theatre, arena")
      ->required();
  verb->add_option("--name", wanted->name, "What people call it; a new event's is the plan's when left out");
  verb->add_option("--currency", wanted->currency, "What prices are in, by ISO 4217");
  verb->add_option("--opens-at", wanted->opens_at,
                   "When the sale opens, e.g. 2026-11-22T19:30:00+01:00; none: by hand");
  verb->add_option("--closes-at", wanted->closes_at, "When the sale ends; none: by hand");
  declare_live_settings(*verb, wanted->live);
  declare_choice(*verb, wanted->waiting_room, "--waiting-room", "Let people in by and by", "--no-waiting-room",
                 "Let everybody in at once");
  declare_choice(*verb, wanted->refuse_orphans, "--refuse-orphans",
                 "Refuse holds that leave a single seat between others", "--allow-orphans", "Do not refuse them");
  declare_hidden(*verb, wanted->hidden);
  verb->add_flag("--open", wanted->open, "Open the sale at once");
  verb->footer(
      "A new event's defaults: EUR, holds of 300 s, 8 seats a buyer, a waiting room, 100 people let in per\n"
      "second, no cap inside, cancellations by buyers until the sale closes. A category without a price is not for\n"
      "sale; --price CATEGORY=0 gives seats away.\n"
      "Example:\n  usher event create opera --plan theatre --price Premium=8950 --rate 50 --open");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return create(*wanted); }; });
}

void declare_set(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("set", "Change settings while selling: only those that are given, at once");
  auto wanted = std::make_shared<new_settings>();
  declare_where(*verb, wanted->to);
  declare_live_settings(*verb, wanted->live);
  declare_hidden(*verb, wanted->hidden);
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
