#include "node/demo_figures.hpp"

#include "bench/figures.hpp"
#include "node/text_table.hpp"

#include <cstdio>
#include <ostream>

namespace usher::node {
namespace {

std::string with_decimals(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

void add_percentiles(bench::figures& into, const std::string& name, const crowd::latency_histogram& latency) {
  into.add(name + "_p50_ms", latency.percentile_ms(50))
      .add(name + "_p99_ms", latency.percentile_ms(99))
      .add(name + "_p999_ms", latency.percentile_ms(99.9));
}

std::vector<std::string> percentiles(const std::string& name, const crowd::latency_histogram& latency) {
  return {name, with_decimals(latency.percentile_ms(50)), with_decimals(latency.percentile_ms(99)),
          with_decimals(latency.percentile_ms(99.9))};
}

} // namespace

double demo_figures::holds_per_s() const {
  auto seconds = crowd.elapsed.count();
  return seconds > 0 ? static_cast<double>(crowd.held) / seconds : 0;
}

void print_json(const demo_figures& figures, std::ostream& out) {
  auto& crowd = figures.crowd;
  bench::figures all;
  all.add("plan", figures.plan)
      .add("buyers", std::uint64_t{figures.buyers})
      .add("joined", crowd.joined)
      .add("admitted", crowd.admitted)
      .add("held", crowd.held)
      .add("taken", crowd.taken)
      .add("expired", crowd.expired)
      .add("released", crowd.released)
      .add("orders", crowd.ordered)
      .add("cancelled", crowd.cancelled)
      .add("moved", crowd.moved)
      .add("lost", crowd.lost)
      .add("sold", figures.sold)
      .add("revenue", figures.revenue)
      .add("currency", figures.currency)
      .add("holds_per_s", figures.holds_per_s())
      .add("duration_s", crowd.elapsed.count());
  add_percentiles(all, "hold", crowd.hold);
  add_percentiles(all, "order", crowd.order);
  all.add("errors", crowd.errors);
  if (figures.violations.empty())
    all.add("audit", std::string{"ok"});
  else
    all.add("audit", figures.violations);
  all.print(out, true);
}

void print_table(const demo_figures& figures, std::ostream& out) {
  auto& crowd = figures.crowd;
  auto count = [](std::uint64_t number) { return grouped(static_cast<std::int64_t>(number)); };
  text_table people{{"joined", "admitted", "held", "taken", "expired", "sold", "revenue", "holds/s"}};
  people.add({count(crowd.joined), count(crowd.admitted), count(crowd.held), count(crowd.taken), count(crowd.expired),
              grouped(figures.sold), amount(figures.revenue, figures.currency), with_decimals(figures.holds_per_s())});
  text_table latency{{"answered within, ms", "p50", "p99", "p99.9"}};
  latency.add(percentiles("hold", crowd.hold));
  latency.add(percentiles("order, with its payment", crowd.order));
  out << '\n';
  people.print(out);
  out << '\n';
  latency.print(out);
  out << '\n';
  for (auto& [what, times] : crowd.errors)
    out << "Unexpected: " << what << ", " << times << " times\n";
  if (figures.violations.empty())
    out << "Audit: ok. Every seat, hold and order agrees with the journal.\n";
  for (auto& each : figures.violations)
    out << "Audit: " << each << '\n';
}

} // namespace usher::node
