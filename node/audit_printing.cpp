#include "node/audit_printing.hpp"

#include "node/text_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>
#include <string_view>
#include <utility>

namespace usher::node {
namespace {

namespace json = boost::json;

std::string_view order_state_at(std::size_t index) {
  return domain::to_string(static_cast<domain::order_state>(index));
}

json::object to_object(const domain::section_totals& totals) {
  return {{"free", totals.free},       {"held", totals.held},       {"sold", totals.sold},
          {"blocked", totals.blocked}, {"revenue", totals.revenue}, {"refunded", totals.refunded}};
}

json::object to_object(const audit::violation& broken) {
  return {{"invariant", broken.invariant},
          {"shard", to_string(broken.shard)},
          {"seq", broken.seq.value()},
          {"sentence", broken.sentence}};
}

json::value verdict_of(const audit::audit_report& report) {
  if (report.ok())
    return "ok";
  json::array violations;
  for (auto& each : report.violations)
    violations.push_back(to_object(each));
  return violations;
}

std::vector<std::string> cells_of(std::string name, std::uint32_t capacity, const domain::section_totals& totals) {
  return {std::move(name),      grouped(capacity),       grouped(totals.free),       grouped(totals.held),
          grouped(totals.sold), grouped(totals.blocked), amount(totals.revenue, {}), amount(totals.refunded, {})};
}

} // namespace

std::string to_text(const audit::violation& broken) {
  auto place = to_string(broken.shard);
  if (broken.seq.value() > 0)
    place += ", fact " + std::to_string(broken.seq.value());
  auto which = broken.invariant > 0 ? "invariant " + std::to_string(broken.invariant) : std::string{"journal"};
  return which + ": " + place + ": " + broken.sentence;
}

std::string to_json(const audit::audit_report& report) {
  json::array sections;
  for (auto& section : report.sections) {
    auto object = to_object(section.totals);
    object["id"] = section.id;
    object["capacity"] = section.capacity;
    sections.push_back(std::move(object));
  }
  json::object orders;
  for (std::size_t state = 0; state < report.orders.size(); ++state)
    orders[order_state_at(state)] = report.orders[state];
  return json::serialize(json::object{{"event", report.event.value()},
                                      {"audit", verdict_of(report)},
                                      {"violations_found", report.violations_found},
                                      {"facts", report.facts},
                                      {"capacity", report.capacity},
                                      {"totals", to_object(report.totals)},
                                      {"orders", std::move(orders)},
                                      {"sections", std::move(sections)}});
}

void print(const audit::audit_report& report, std::ostream& out) {
  text_table table{{"section", "capacity", "free", "held", "sold", "blocked", "revenue", "refunds"}};
  for (auto& section : report.sections)
    table.add(cells_of(section.id, section.capacity, section.totals));
  table.add(cells_of("all", report.capacity, report.totals));
  table.print(out);
  out << "\nOrders:";
  for (std::size_t state = 0; state < report.orders.size(); ++state)
    if (report.orders[state] > 0)
      out << ' ' << report.orders[state] << ' ' << order_state_at(state);
  out << "\nFacts: " << report.facts << "\n\n";
  for (auto& each : report.violations)
    out << to_text(each) << '\n';
  if (report.violations_found > report.violations.size())
    out << "… and " << report.violations_found - report.violations.size() << " more\n";
  out << (report.ok() ? "Audit: ok\n" : "Audit: VIOLATED\n");
}

} // namespace usher::node
