#include "bench/cluster_costs.hpp"

#include "bench/hold_workload.hpp"
#include "bench/process_figures.hpp"
#include "bench/run_name.hpp"
#include "crowd/frame_reader.hpp"
#include "crowd/frames.hpp"
#include "crowd/http_client.hpp"

#include <algorithm>
#include <charconv>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

// ---- a peer that reads nothing -----------------------------------------------

constexpr std::size_t stuck_connections = 500;
constexpr std::size_t stuck_in_flight = 32;
constexpr auto stuck_load = 6s;
constexpr auto before_the_stop = 2s;
constexpr auto sample_pause = 20ms;
constexpr std::string_view queue_metric = "usher_cluster_link_queue_bytes";

/// Holds of one place, in one of some sections after another.
class floor_workload final : public workload {
public:
  floor_workload(std::string event, std::vector<std::uint16_t> sections)
      : event_(std::move(event)), sections_(std::move(sections)) {}

  std::optional<std::string> greeting(std::size_t) override { return R"({"type":"hello","id":"0"})"; }

  bool next_request(std::size_t, std::string_view id, std::string& text) override {
    auto section = sections_[next_++ % sections_.size()];
    text = R"({"type":"hold")" + crowd::member_text("id", id) + crowd::member_text("event", event_)
           + crowd::member_text("section", std::to_string(section + 1)) + R"(,"quantity":1})";
    return true;
  }

  answer read(std::string_view frame) override {
    auto head = crowd::head_of(frame);
    return {head.re, head.type == "problem" ? crowd::slug_of(frame) : std::string_view{}};
  }

private:
  const std::string event_;
  const std::vector<std::uint16_t> sections_;
  std::size_t next_ = 0;
};

/// What a node keeps for a peer, as far as can be seen from outside.
class kept_bytes {
public:
  explicit kept_bytes(child_node& node) : node_(node), metrics_(node.admin(), 2s), key_(node.admin_key()) {}

  void begin() { resident_ = resident_bytes_of(node_.process().id()); }

  void look() {
    auto now = resident_bytes_of(node_.process().id());
    grown_ = std::max(grown_, static_cast<double>(now) - static_cast<double>(resident_));
    try {
      auto answer = metrics_.call({.target = "/metrics", .headers = {{"Authorization", "Bearer " + key_}}});
      if (auto queued = largest_metric(answer.body, queue_metric))
        queued_ = std::max(queued_.value_or(0), *queued);
    } catch (const crowd::unreachable&) {
      ++missed_;
    }
  }

  [[nodiscard]] double grown() const { return grown_; }
  [[nodiscard]] std::optional<double> queued() const { return queued_; }
  [[nodiscard]] double missed() const { return missed_; }

private:
  child_node& node_;
  crowd::http_client metrics_;
  const std::string key_;
  std::uint64_t resident_ = 0;
  double grown_ = 0;
  std::optional<double> queued_;
  double missed_ = 0;
};

// ---- full load -----------------------------------------------------------------

constexpr std::size_t full_connections = 999; // as many at each of three nodes
constexpr auto full_load = 6s;
/// More holds a second than these nodes grant on one machine: this decides how many seats are made.
constexpr std::size_t rate_max = 25'000;

struct cost {
  double us_per_hold = 0;
  double per_s = 0;
};

double cpu_of(cluster_nodes& nodes) {
  double sum = 0;
  for (const auto& name : nodes.names())
    sum += cpu_seconds_of(nodes.at(name).process().id());
  return sum;
}

cost cost_of_a_hold(cluster_nodes& nodes) {
  auto& first = nodes.at(nodes.names().front());
  auto all = halls_for(full_connections, rate_max * static_cast<std::size_t>(full_load / 1s));
  all.run = "bench-" + run_name();
  create_events(first.admin(), first.admin_key(), all);
  for (std::size_t event = 0; event < all.events; ++event)
    nodes.await_known(event_name(all, event));
  hold_workload work(all);
  load_plan plan;
  plan.also_to = nodes.buyers_of(nodes.names());
  plan.to = plan.also_to.front();
  plan.also_to.erase(plan.also_to.begin());
  plan.connections = full_connections;
  plan.duration = full_load;
  plan.warm_up = 0s;
  auto before = cpu_of(nodes);
  auto result = run_load(plan, work);
  auto spent = cpu_of(nodes) - before;
  if (result.failed() > 0 || result.succeeded == 0)
    throw std::runtime_error("at full load " + std::to_string(result.failed()) + " holds failed, the first reason: "
                             + (result.errors.empty() ? "no hold at all" : result.errors.begin()->first));
  return {spent * 1e6 / static_cast<double>(result.succeeded), result.per_s()};
}

} // namespace

std::optional<double> largest_metric(std::string_view text, std::string_view name) {
  std::optional<double> largest;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name) || line.size() == name.size())
      continue;
    auto rest = line.substr(name.size());
    if (rest.front() == '{')
      rest.remove_prefix(std::min(rest.find('}') + 1, rest.size()));
    if (!rest.starts_with(' '))
      continue; // another one whose name begins like this
    rest.remove_prefix(1);
    double value = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc{})
      largest = std::max(largest.value_or(value), value);
  }
  return largest;
}

void measure_stuck_peer(cluster_nodes& nodes, const std::string& victim, cluster_report& report) {
  auto homes = nodes.await_settled();
  auto others = nodes.others(victim);
  floor_workload work(nodes.event(), sections_on(homes, victim));
  load_plan plan;
  plan.to = nodes.at(others.front()).http();
  plan.connections = stuck_connections;
  plan.in_flight = stuck_in_flight;
  plan.duration = stuck_load;
  plan.warm_up = 0s;
  std::vector<std::unique_ptr<kept_bytes>> kept;
  kept.reserve(others.size());
  for (const auto& name : others)
    kept.push_back(std::make_unique<kept_bytes>(nodes.at(name)));
  nodes.expect_end_of(victim);
  auto stops_at = steady::now() + before_the_stop;
  auto load = std::async(std::launch::async, [&] { return run_load(plan, work); });
  bool is_stopped = false;
  while (load.wait_for(sample_pause) != std::future_status::ready) {
    if (!is_stopped && steady::now() >= stops_at) {
      for (auto& one : kept)
        one->begin();
      nodes.at(victim).process().send(SIGSTOP);
      is_stopped = true;
    }
    for (auto& one : kept)
      if (is_stopped)
        one->look();
  }
  nodes.at(victim).process().send(SIGCONT);
  auto result = load.get();
  std::optional<double> queued;
  double grown = 0;
  double missed = 0;
  for (const auto& one : kept) {
    grown = std::max(grown, one->grown());
    missed += one->missed();
    if (one->queued())
      queued = std::max(queued.value_or(0), *one->queued());
  }
  figure_parts parts{{queued ? "by_queue_metric" : "by_memory_growth", 1},
                     {"memory_growth_bytes", grown},
                     {"granted_per_s", result.per_s()},
                     {"refused_or_lost", static_cast<double>(result.failed())},
                     {"looks_missed", missed}};
  report.add("peer_stuck_bytes", queued.value_or(grown), std::move(parts));
  nodes.await_settled();
}

void measure_cost_of_links(cluster_nodes& nodes, const std::string& last, std::size_t repeat, cluster_report& report) {
  nodes.await_settled();
  std::vector<cost> on_all;
  for (std::size_t i = 0; i < repeat; ++i)
    on_all.push_back(cost_of_a_hold(nodes));
  for (const auto& name : nodes.others(last)) {
    nodes.at(name).process().stop(cluster_nodes::patience);
    nodes.remove(name);
  }
  nodes.await_settled();
  for (const auto& with_links : on_all) {
    auto alone = cost_of_a_hold(nodes);
    report.add("ratio_cpu_one_node", with_links.us_per_hold / alone.us_per_hold,
               {{"three_nodes_us", with_links.us_per_hold},
                {"one_node_us", alone.us_per_hold},
                {"three_nodes_per_s", with_links.per_s},
                {"one_node_per_s", alone.per_s}});
  }
}

} // namespace usher::bench
