#include "codec/json_time.hpp"
#include "codec/pieces.hpp"

#include <utility>
#include <vector>

/// Events, their sections and reports.
namespace usher::codec {
namespace {

/// A section that the plan has but the event does not know yet counts as empty.
domain::section_totals totals_of(const messages::event_view& view, std::size_t section) {
  return section < view.sections.size() ? view.sections[section] : domain::section_totals{};
}

void write_moment(json_writer& json, std::string_view name, const std::optional<domain::instant>& moment) {
  json.key(name);
  if (moment)
    json.value(to_text(*moment));
  else
    json.null();
}

void write_cancellations(json_writer& json, const domain::cancellation_rule& rule) {
  json.key("cancellations");
  switch (rule.by) {
    case domain::cancellation_rule::who::nobody:
      json.value("none");
      break;
    case domain::cancellation_rule::who::operators:
      json.value("operators");
      break;
    case domain::cancellation_rule::who::buyers:
      json.begin_object();
      write_moment(json, "until", rule.until);
      json.end_object();
  }
}

/// What a section is, without its present state.
void write_section(json_writer& json, const domain::section_plan& section) {
  json.member("id", section.id).member("name", section.name);
  json.member("kind", section.general() ? "general" : "seated").member("capacity", section.capacity());
}

void write_sections(json_writer& json, const messages::event_view& view, const domain::seating_plan& plan) {
  json.key("sections").begin_array();
  for (auto number : plan.order()) {
    json.begin_object();
    write_section(json, plan.section(number));
    write_counts(json, totals_of(view, number.value()));
    json.end_object();
  }
  json.end_array();
}

/// Null when the category is not for sale.
void write_price(json_writer& json, const messages::event_view& view, std::size_t category) {
  json.key("price");
  const auto& prices = view.settings.prices;
  if (category < prices.size() && prices[category])
    write_money(json, *prices[category], view.settings.currency);
  else
    json.null();
}

void write_categories(json_writer& json, const messages::event_view& view, const domain::seating_plan& plan) {
  json.key("categories").begin_array();
  for (std::size_t i = 0; i < plan.categories().size(); ++i) {
    json.begin_object().member("name", plan.categories()[i]);
    write_price(json, view, i);
    json.end_object();
  }
  json.end_array();
}

void write_event(json_writer& json, const messages::event_view& view, const domain::seating_plan& plan,
                 std::span<const std::string> warnings = {}) {
  const auto& settings = view.settings;
  json.begin_object().member("id", view.id.value()).member("name", settings.name);
  json.member("state", domain::to_string(view.state));
  write_moment(json, "opens_at", settings.opens_at);
  write_moment(json, "closes_at", settings.closes_at);
  write_cancellations(json, settings.cancellations);
  json.member("hold_ttl_s", settings.hold_ttl.count()).member("max_seats_per_buyer", settings.max_seats_per_buyer);
  json.member("rehold_pause_s", settings.rehold.pause.count());
  json.member("waiting_room", settings.waiting_room).member("admission_per_s", settings.admission_per_s);
  json.member("max_shopping", settings.max_shopping).member("refuse_orphans", settings.refuse_orphans);
  json.member("hidden", settings.hidden);
  json.member("currency", settings.currency).member("capacity", plan.capacity());
  write_categories(json, view, plan);
  write_sections(json, view, plan);
  if (!warnings.empty()) {
    json.key("warnings").begin_array();
    for (const auto& warning : warnings)
      json.value(warning);
    json.end_array();
  }
  json.end_object();
}

/// The counts, with the money.
void write_totals(json_writer& json, const domain::section_totals& totals, std::string_view currency) {
  write_counts(json, totals);
  json.key("revenue");
  write_money(json, totals.revenue, currency);
  json.key("refunds");
  write_money(json, totals.refunded, currency);
}

const std::string& category_name(const domain::seating_plan& plan, domain::category_no category) {
  return plan.categories().at(category.value());
}

void write_section_report(json_writer& json, const messages::section_report& report, const domain::seating_plan& plan,
                          std::string_view currency) {
  json.begin_object();
  write_section(json, plan.section(report.section));
  write_totals(json, report.totals, currency);
  json.key("categories").begin_array();
  for (const auto& category : report.categories) {
    json.begin_object().member("name", category_name(plan, category.category));
    write_totals(json, category.totals, currency);
    json.end_object();
  }
  json.end_array().end_object();
}

/// The sections in the plan's order, followed by those that the plan no longer has but that have something to report.
std::vector<const messages::section_report*> listed(const messages::event_report& report,
                                                    const domain::seating_plan& plan) {
  std::vector<const messages::section_report*> by_number(plan.sections().size(), nullptr);
  for (const auto& section : report.sections)
    if (section.section.value() < by_number.size())
      by_number[section.section.value()] = &section;
  std::vector<const messages::section_report*> result;
  for (auto number : plan.order())
    if (const auto* section = std::exchange(by_number[number.value()], nullptr))
      result.push_back(section);
  for (const auto* section : by_number)
    if (section && section->totals != domain::section_totals{})
      result.push_back(section);
  return result;
}

/// The sums over all sections: overall, and by category.
struct report_sums {
  domain::section_totals all;
  std::vector<domain::section_totals> categories;
};

report_sums sums_of(const messages::event_report& report, const domain::seating_plan& plan) {
  report_sums sums{{}, std::vector<domain::section_totals>(plan.categories().size())};
  for (const auto& section : report.sections) {
    sums.all = sum_of(sums.all, section.totals);
    for (const auto& category : section.categories) {
      auto& sum = sums.categories.at(category.category.value());
      sum = sum_of(sum, category.totals);
    }
  }
  return sums;
}

void write_figures(json_writer& json, const domain::waiting_room::figures& figures) {
  json.begin_object().member("joined", figures.joined).member("serving", figures.serving);
  json.member("waiting", figures.waiting).member("present", figures.present);
  json.member("admitted", figures.admitted).member("shopping", figures.shopping).end_object();
}

} // namespace

std::string encode_event(const messages::event_view& view, const domain::seating_plan& plan,
                         std::span<const std::string> warnings) {
  std::string text;
  json_writer json{text};
  write_event(json, view, plan, warnings);
  return text;
}

std::string encode_events(std::span<const listed_event> events) {
  std::string text;
  json_writer json{text};
  json.begin_object().key("events").begin_array();
  for (const auto& event : events)
    write_event(json, event.view, event.plan);
  json.end_array().end_object();
  return text;
}

std::string encode_report(const messages::event_report& report, const domain::seating_plan& plan) {
  const auto& currency = report.event.settings.currency;
  auto sums = sums_of(report, plan);
  std::string text;
  json_writer json{text};
  json.begin_object().member("event", report.event.id.value()).member("name", report.event.settings.name);
  json.member("state", domain::to_string(report.event.state)).member("capacity", plan.capacity());
  json.key("totals").begin_object();
  write_totals(json, sums.all, currency);
  json.end_object().key("categories").begin_array();
  for (std::size_t i = 0; i < sums.categories.size(); ++i) {
    json.begin_object().member("name", plan.categories()[i]);
    write_price(json, report.event, i);
    write_totals(json, sums.categories[i], currency);
    json.end_object();
  }
  json.end_array().key("sections").begin_array();
  for (const auto* section : listed(report, plan))
    write_section_report(json, *section, plan, currency);
  json.end_array().key("queue");
  write_figures(json, report.queue);
  json.key("orders").begin_object().member("confirmed", report.orders_confirmed);
  json.member("under_way", report.orders_under_way).member("stuck", report.orders_stuck).end_object().end_object();
  return text;
}

} // namespace usher::codec
