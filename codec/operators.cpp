#include "codec/bodies.hpp"
#include "codec/json_reader.hpp"
#include "codec/json_slice.hpp"
#include "codec/json_time.hpp"
#include "codec/places.hpp"
#include "domain/currency.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <numeric>

/// The bodies of operators' requests.
namespace usher::codec {
namespace {

constexpr std::size_t name_bytes = 256;
constexpr std::int64_t minor_units_max = 1'000'000'000'000;

struct parsed_body {
  boost::json::monotonic_resource arena;
  boost::json::value json;
};

/// Parses a body that may contain a plan. The arena stays put while the JSON is in use.
std::variant<std::unique_ptr<parsed_body>, problem> parse(std::string_view text) {
  auto body = std::make_unique<parsed_body>();
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  body->json = boost::json::parse({text.data(), text.size()}, error, &body->arena, options);
  if (error)
    return bad_request({}, "The body is not JSON: " + error.message() + ".");
  if (!body->json.is_object())
    return bad_request({}, "The body must be an object.");
  return body;
}

category_prices read_prices(object_reader& members) {
  category_prices prices;
  const auto* object = members.optional_object("prices");
  if (!object)
    return prices;
  auto at = members.pointer("prices");
  object_reader reader{*object, members.fault(), at};
  for (const auto& member : *object) {
    std::string category{member.key().data(), member.key().size()};
    auto price = reader.says_null(category) ? domain::price{} : reader.number(category, 0, minor_units_max);
    prices.emplace_back(std::move(category), price);
  }
  return prices;
}

std::optional<domain::event_state> read_state(object_reader& members) {
  using domain::event_state;
  constexpr auto settable =
      std::to_array({event_state::scheduled, event_state::open, event_state::paused, event_state::closed});
  auto name = members.optional_text("state", name_bytes);
  if (!name)
    return std::nullopt;
  auto found = std::find_if(settable.begin(), settable.end(),
                            [&](event_state state) { return domain::to_string(state) == *name; });
  if (found != settable.end())
    return *found;
  members.fail("state", "This must be scheduled, open, paused or closed. A draw is reserved for later.");
  return std::nullopt;
}

/// Null means that there is no such time.
std::optional<std::optional<domain::instant>> read_moment(object_reader& members, std::string_view name) {
  if (members.says_null(name))
    return std::optional<domain::instant>{};
  auto text = members.optional_text(name, name_bytes);
  if (!text)
    return std::nullopt;
  auto moment = parse_time(*text);
  if (!moment)
    members.fail(name, "This must be a time such as 2026-11-22T19:30:00Z.");
  else if (*moment >= domain::event_settings::times_end)
    members.fail(name, "This must be before the year 2200.");
  return moment;
}

/// `none`, `operators`, or `{"until": TIME}`, where null means until the sale closes.
std::optional<domain::cancellation_rule> read_cancellations(object_reader& members) {
  using who = domain::cancellation_rule::who;
  constexpr std::string_view name = "cancellations";
  if (!members.has(name))
    return std::nullopt;
  if (members.is_object(name)) {
    auto at = members.pointer(name);
    object_reader rule{*members.optional_object(name), members.fault(), at};
    rule.refuse_others({"until"});
    auto until = read_moment(rule, "until");
    if (!until)
      rule.fail("until", "This is missing; null means: until the sale closes.");
    return domain::cancellation_rule{who::buyers, until.value_or(std::nullopt)};
  }
  auto text = members.optional_text(name, name_bytes);
  if (text == "none")
    return domain::cancellation_rule{who::nobody, {}};
  if (text == "operators")
    return domain::cancellation_rule{who::operators, {}};
  members.fail(name, R"(This must be "none", "operators" or {"until": TIME}.)");
  return std::nullopt;
}

std::optional<std::string> read_currency(object_reader& members) {
  auto currency = members.optional_text("currency", name_bytes);
  if (currency && !domain::decimals_of(*currency))
    members.fail("currency", "This must be the three capital letters of a currency of ISO 4217, such as EUR.");
  return currency;
}

std::optional<domain::seconds> read_hold_ttl(object_reader& members) {
  auto seconds = members.optional_number("hold_ttl_s", domain::event_settings::hold_ttl_min.count(),
                                         domain::event_settings::hold_ttl_max.count());
  return seconds ? std::optional{domain::seconds{*seconds}} : std::nullopt;
}

std::optional<domain::seconds> read_rehold_pause(object_reader& members) {
  auto seconds = members.optional_number("rehold_pause_s", 0, domain::rehold_rule::pause_max.count());
  return seconds ? std::optional{domain::seconds{*seconds}} : std::nullopt;
}

std::optional<std::uint32_t> read_count(object_reader& members, std::string_view name, std::uint32_t low,
                                        std::uint32_t high) {
  auto number = members.optional_number(name, low, high);
  return number ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

std::optional<std::uint32_t> read_admission_per_s(object_reader& members) {
  return read_count(members, "admission_per_s", 1, domain::event_settings::admission_per_s_max);
}

std::optional<std::uint32_t> read_max_shopping(object_reader& members) {
  return read_count(members, "max_shopping", 0, 100'000'000);
}

std::optional<std::uint32_t> read_max_seats_per_buyer(object_reader& members) {
  return read_count(members, "max_seats_per_buyer", 1, domain::event_settings::seats_per_buyer_max);
}

domain::settings_change read_settings(object_reader& members) {
  domain::settings_change settings;
  settings.name = members.optional_text("name", domain::event_settings::name_bytes_max);
  settings.currency = read_currency(members);
  settings.hold_ttl = read_hold_ttl(members);
  settings.rehold_pause = read_rehold_pause(members);
  settings.max_seats_per_buyer = read_max_seats_per_buyer(members);
  settings.admission_per_s = read_admission_per_s(members);
  settings.max_shopping = read_max_shopping(members);
  settings.waiting_room = members.optional_truth("waiting_room");
  settings.refuse_orphans = members.optional_truth("refuse_orphans");
  settings.opens_at = read_moment(members, "opens_at");
  settings.closes_at = read_moment(members, "closes_at");
  settings.cancellations = read_cancellations(members);
  settings.hidden = members.optional_truth("hidden");
  auto opens = settings.opens_at.value_or(std::nullopt);
  auto closes = settings.closes_at.value_or(std::nullopt);
  if (opens && closes && *closes <= *opens)
    members.fail("closes_at", "This must be later than opens_at.");
  return settings;
}

void read_plan_of(object_reader& members, const boost::json::object& object, std::string_view text, event_body& body) {
  if (!members.has("plan") || members.fault())
    return;
  auto plan = read_plan(object.at("plan"), "/plan");
  if (auto* fault = std::get_if<plan_fault>(&plan)) {
    members.fault() = bad_request(std::move(fault->pointer), std::move(fault->sentence));
    return;
  }
  body.plan = std::get<domain::shared_plan>(std::move(plan));
  body.plan_text = std::make_shared<const std::string>(member_text(text, "plan"));
}

std::vector<messages::block_seats::part> block_parts(const resolved_wish& wish) {
  std::vector<messages::block_seats::part> parts;
  for (const auto& section : wish.sections) {
    messages::block_seats::part part;
    part.section = section.section;
    if (const auto* seats = std::get_if<domain::seats_wish>(&section.wanted))
      part.seats = seats->seats;
    else if (const auto* places = std::get_if<domain::quantity_wish>(&section.wanted))
      part.quantity = places->quantity;
    parts.push_back(std::move(part));
  }
  return parts;
}

/// All places of a section, or a number of places of a floor.
std::variant<std::vector<messages::block_seats::part>, problem>
block_section(std::string_view name, std::optional<std::uint32_t> quantity, const domain::seating_plan& plan) {
  auto number = plan.find_section(name);
  if (!number)
    return problem{domain::rejection::not_found,
                   "This event has no section " + std::string{name} + ".",
                   "/section",
                   {},
                   {},
                   std::nullopt};
  const auto& section = plan.section(*number);
  messages::block_seats::part part;
  part.section = *number;
  if (section.general()) {
    part.quantity = quantity.value_or(section.general_capacity);
  } else if (quantity) {
    return bad_request("/quantity", "This section has numbered seats; name them, or leave the quantity out for all.");
  } else {
    for (std::uint32_t index = 0; index < section.capacity(); ++index)
      part.seats.push_back(section.number_at(domain::plan_index{index}));
  }
  return std::vector{std::move(part)};
}

} // namespace

read_body<event_body> read_event_body(std::string_view text) {
  text = without_byte_order_mark(text);
  auto parsed = parse(text);
  if (auto* fault = std::get_if<problem>(&parsed))
    return std::move(*fault);
  const auto& object = std::get<0>(parsed)->json.get_object();
  first_fault fault;
  object_reader members{object, fault};
  members.refuse_others({"name", "currency", "prices", "hold_ttl_s", "rehold_pause_s", "max_seats_per_buyer",
                         "admission_per_s", "max_shopping", "waiting_room", "refuse_orphans", "opens_at", "closes_at",
                         "cancellations", "hidden", "state", "plan"});
  event_body body;
  body.settings = read_settings(members);
  body.prices = read_prices(members);
  body.state = read_state(members);
  read_plan_of(members, object, text, body);
  if (fault)
    return std::move(*fault);
  return body;
}

std::variant<std::vector<std::optional<domain::price>>, problem> resolve_prices(const category_prices& prices,
                                                                                const domain::seating_plan& plan) {
  std::vector<std::optional<domain::price>> by_number(plan.categories().size());
  for (const auto& [name, price] : prices) {
    auto category = plan.find_category(name);
    if (!category)
      return bad_request(pointer_to("/prices", name), "The plan has no category " + name + ".");
    by_number[category->value()] = price;
  }
  return by_number;
}

read_body<messages::change_event> read_event_change(std::string_view text, const domain::event_id& event,
                                                    const domain::seating_plan& plan) {
  auto parsed = parse(without_byte_order_mark(text));
  if (auto* fault = std::get_if<problem>(&parsed))
    return std::move(*fault);
  const auto& object = std::get<0>(parsed)->json.get_object();
  first_fault fault;
  object_reader members{object, fault};
  members.refuse_others({"state", "admission_per_s", "max_shopping", "max_seats_per_buyer", "hold_ttl_s",
                         "rehold_pause_s", "cancellations", "prices"});
  auto says_nothing = [](const auto& member) { return member.value().is_null(); };
  if (std::all_of(object.begin(), object.end(), says_nothing))
    members.fail("There is nothing to change.");
  messages::change_event change;
  change.event = event;
  change.state = read_state(members);
  change.admission_per_s = read_admission_per_s(members);
  change.max_shopping = read_max_shopping(members);
  change.max_seats_per_buyer = read_max_seats_per_buyer(members);
  change.hold_ttl = read_hold_ttl(members);
  change.rehold_pause = read_rehold_pause(members);
  change.cancellations = read_cancellations(members);
  for (const auto& [name, price] : read_prices(members)) {
    if (!plan.find_category(name) && !fault)
      fault = bad_request(pointer_to("/prices", name), "The plan has no category " + name + ".");
    change.prices.emplace_back(name, price);
  }
  if (fault)
    return std::move(*fault);
  return change;
}

read_body<messages::block_seats> read_block_body(std::string_view text, const domain::event_id& event,
                                                 const domain::seating_plan& plan, bool block) {
  auto parsed = parse(without_byte_order_mark(text));
  if (auto* fault = std::get_if<problem>(&parsed))
    return std::move(*fault);
  first_fault fault;
  object_reader members{std::get<0>(parsed)->json.get_object(), fault};
  members.refuse_others({"seats", "section", "quantity"});
  std::variant<std::vector<messages::block_seats::part>, problem> parts;
  if (members.has("seats") == members.has("section")) {
    members.fail("Say exactly one of seats and section.");
  } else if (members.has("seats")) {
    auto wish = resolve(named_seats{read_guids(members, plan_seats_max, name_bytes)}, plan);
    if (auto* why = std::get_if<problem>(&wish))
      parts = std::move(*why);
    else
      parts = block_parts(std::get<resolved_wish>(wish));
  } else {
    auto section = members.text("section", name_bytes);
    auto quantity = read_count(members, "quantity", 1, static_cast<std::uint32_t>(plan_seats_max));
    if (!fault)
      parts = block_section(section, quantity, plan);
  }
  if (fault)
    return std::move(*fault);
  if (auto* why = std::get_if<problem>(&parts))
    return std::move(*why);
  return messages::block_seats{{}, event, std::get<0>(std::move(parts)), block};
}

} // namespace usher::codec
