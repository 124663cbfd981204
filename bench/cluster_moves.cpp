#include "bench/cluster_moves.hpp"

#include "bench/section_probes.hpp"

#include <iterator>
#include <stdexcept>
#include <thread>

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto pace_where_it_moves = 50ms;
constexpr auto pace_elsewhere = 500ms;
constexpr auto between_looks = 50ms;

double in_ms(steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

probe_plan plan_for(cluster_nodes& nodes, const std::string& moving, const shard_homes& homes) {
  probe_plan plan{nodes.event(), {}, nodes.buyers_of(nodes.names())};
  for (const auto& [shard, home] : homes)
    if (shard.kind == domain::shard_kind::section)
      plan.sections.push_back({shard.section.value(), home == moving ? pace_where_it_moves : pace_elsewhere});
  return plan;
}

void await_grants(section_probes& probes, const char* when) {
  if (!probes.await_grants(steady::now(), cluster_nodes::patience))
    throw std::runtime_error(std::string("not every section grants a hold ") + when);
}

/// Until the node has no shard.
void await_given(cluster_nodes& nodes, const std::string& node) {
  for (auto until = steady::now() + cluster_nodes::patience; counts_of(nodes.homes()).contains(node);) {
    if (steady::now() > until)
      throw std::runtime_error("node " + node + " does not give its shards away");
    std::this_thread::sleep_for(between_looks);
  }
}

/// When something began and was over.
struct span {
  steady_time from;
  steady_time until;
};

struct drained {
  span whole;
  double given_ms = 0;
};

drained drain(cluster_nodes& nodes, const std::string& node) {
  drained result{{steady::now(), {}}};
  auto& process = nodes.at(node).process();
  process.send(SIGTERM);
  await_given(nodes, node);
  result.given_ms = in_ms(steady::now() - result.whole.from);
  if (!process.wait_for(cluster_nodes::patience))
    throw std::runtime_error("node " + node + " does not end");
  result.whole.until = steady::now();
  nodes.remove(node);
  return result;
}

std::vector<std::uint16_t> moved_sections(const shard_homes& before, const shard_homes& after, std::size_t& moved) {
  std::vector<std::uint16_t> sections;
  for (const auto& [shard, home] : after) {
    if (before.at(shard) == home)
      continue;
    ++moved;
    if (shard.kind == domain::shard_kind::section)
      sections.push_back(shard.section.value());
  }
  return sections;
}

/// Of those sections, as their buyers saw it.
void add_pauses(std::vector<double>& pauses, const std::vector<probe_answer>& answers,
                const std::vector<std::uint16_t>& sections, const span& during) {
  auto slowest = slowest_ms(answers, during.from, during.until);
  for (auto section : sections)
    if (auto found = slowest.find(section); found != slowest.end())
      pauses.push_back(found->second);
}

} // namespace

void measure_moves(cluster_nodes& nodes, const std::string& node, cluster_report& report) {
  auto homes = nodes.await_settled();
  section_probes probes(plan_for(nodes, node, homes));
  await_grants(probes, "before the drain");
  auto drain_was = drain(nodes, node);
  await_grants(probes, "after the drain");
  auto before = nodes.homes();
  span join{steady::now(), {}};
  nodes.start(node);
  auto ready_ms = in_ms(steady::now() - join.from);
  auto after = nodes.await_settled();
  join.until = steady::now();
  await_grants(probes, "after the join");
  auto answers = probes.stop();

  std::vector<double> pauses;
  add_pauses(pauses, answers, sections_on(homes, node), drain_was.whole);
  std::size_t moved = 0;
  auto joined = moved_sections(before, after, moved);
  auto of_drain = pauses.size();
  add_pauses(pauses, answers, joined, join);

  report.add("drain_ms", in_ms(drain_was.whole.until - drain_was.whole.from),
             {{"given_ms", drain_was.given_ms}, {"shards", static_cast<double>(counts_of(homes)[node])}});
  figure_parts failed{{"requests", static_cast<double>(answers.size())}};
  double count_failed = 0;
  for (const auto& [why, count] : failures(answers, drain_was.whole.from, join.until)) {
    failed.emplace_back(why, static_cast<double>(count));
    count_failed += static_cast<double>(count);
  }
  report.add("failed_requests", count_failed, std::move(failed));
  if (!pauses.empty())
    report.add("hand_over_pause_p99_ms", percentile_of(pauses, 99),
               {{"median_ms", median_of(pauses)},
                {"worst_ms", percentile_of(pauses, 100)},
                {"drained", static_cast<double>(of_drain)},
                {"joined", static_cast<double>(pauses.size() - of_drain)}});
  report.add("join_moved_share", static_cast<double>(moved) / static_cast<double>(after.size()),
             {{"moved", static_cast<double>(moved)},
              {"shards", static_cast<double>(after.size())},
              {"nodes", static_cast<double>(nodes.names().size())},
              {"ready_ms", ready_ms},
              {"settled_ms", in_ms(join.until - join.from) - 1'000}}); // nothing has moved since
}

} // namespace usher::bench
