#include "bench/cluster_faults.hpp"

#include "bench/section_probes.hpp"

#include <algorithm>
#include <stdexcept>

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

/// As long as a takeover may take before it counts as this long.
constexpr auto fault_patience = 60s;
/// Requests a second of all sections together stay below a thousand or so: the takeover is measured, not the load.
constexpr auto pace_least = 100ms;

probe_plan plan_for(cluster_nodes& nodes, const cluster_fault& fault, const shard_homes& homes) {
  probe_plan plan{nodes.event(), {}, nodes.buyers_of(fault.through)};
  auto has_event =
      homes.at({domain::shard_kind::event, domain::event_id{nodes.event()}, domain::section_no{}}) == fault.victim;
  for (const auto& [shard, home] : homes)
    if (shard.kind == domain::shard_kind::section && (has_event || home == fault.victim))
      plan.sections.push_back({shard.section.value(), pace_least});
  for (auto& one : plan.sections)
    one.pace = std::max<std::chrono::milliseconds>(pace_least, std::chrono::milliseconds(plan.sections.size()));
  return plan;
}

lost_node lost_by(cluster_nodes& nodes, const std::string& victim, const shard_homes& homes) {
  lost_node lost{nodes.incarnation_of(victim), {}, {}};
  for (const auto& [shard, home] : homes)
    if (home == victim)
      lost.shards.insert(domain::to_string(shard));
  return lost;
}

figure_parts parts_of(const takeover_steps& steps) {
  figure_parts parts;
  for (const auto& [name, at] : {std::pair{"seen_ms", steps.seen},
                                 {"ended_ms", steps.ended},
                                 {"claimed_ms", steps.claimed},
                                 {"loaded_ms", steps.loaded},
                                 {"served_ms", steps.served}})
    if (at)
      parts.emplace_back(name, *at);
  return parts;
}

} // namespace

void measure_fault(cluster_nodes& nodes, const cluster_fault& fault, cluster_report& report) {
  auto homes = nodes.await_settled();
  auto plan = plan_for(nodes, fault, homes);
  if (plan.sections.empty())
    throw std::runtime_error("node " + fault.victim + " has no section to lose");
  section_probes probes(plan);
  if (!probes.await_grants(std::chrono::steady_clock::now(), cluster_nodes::patience))
    throw std::runtime_error("not every section grants a hold before the fault");
  nodes.expect_end_of(fault.victim);
  auto lost = lost_by(nodes, fault.victim, homes);
  lost.since = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  auto since = std::chrono::steady_clock::now();
  fault.strike();
  auto all_granted = probes.await_grants(since, fault_patience);
  auto answers = probes.stop();
  std::vector<double> grants;
  for (const auto& [section, took] : first_grants_ms(answers, since))
    grants.push_back(took);
  if (!all_granted)
    grants.push_back(std::chrono::duration<double, std::milli>(fault_patience).count());
  auto parts = parts_of(steps_of(lost, nodes.logs_of(nodes.others(fault.victim)), nodes.log_of(fault.victim)));
  parts.emplace_back("median_section_ms", median_of(grants));
  parts.emplace_back("shards", static_cast<double>(lost.shards.size()));
  double refused = 0;
  for (const auto& [why, count] : failures(answers, since, std::chrono::steady_clock::now()))
    refused += static_cast<double>(count);
  parts.emplace_back("refused_or_lost", refused);
  report.add(fault.figure, std::ranges::max(grants), std::move(parts));
  fault.undo();
  nodes.await_settled();
}

} // namespace usher::bench
