#include "bench/cluster_bench.hpp"

#include "bench/cluster_costs.hpp"
#include "bench/cluster_faults.hpp"
#include "bench/cluster_moves.hpp"
#include "bench/cluster_nodes.hpp"
#include "bench/cluster_report.hpp"
#include "bench/private_postgres.hpp"
#include "bench/run_name.hpp"
#include "bench/tcp_relay.hpp"
#include "log/log.hpp"
#include "persistence/booking_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace usher::bench {

namespace {

constexpr auto done = 0;
constexpr auto missed_a_limit = 1;
constexpr auto wrong_usage = 2;
constexpr auto out_of_reach = 3;

/// By age: the younger of two dials the older one.
constexpr std::array node_names{"a", "b", "c"};

/// The event, its waiting room and its sections are what three nodes share.
std::uint16_t sections_for(std::size_t shards_of_each) {
  return static_cast<std::uint16_t>(node_names.size() * shards_of_each - 2);
}

class cluster_run {
public:
  cluster_run(const cluster_options& options, std::string store)
      : options_(options), store_(std::move(store)), report_(options.only),
        nodes_(options.program, store_, "bench-" + run_name()) {}

  cluster_report run() {
    report_.note("store", options_.store.empty() ? "postgres, private" : persistence::without_password(store_));
    report_.note("shards_of_each_node", std::to_string(options_.shards));
    if (wants_any({"cut_pair_to_first_hold_ms", "cut_store_to_first_hold_ms"}))
      measure_cuts();
    if (wants_any({"kill_to_first_hold_ms", "kill_event_home_ms", "pause_to_first_hold_ms", "drain_ms",
                   "failed_requests", "hand_over_pause_p99_ms", "join_moved_share", "false_ends", "peer_stuck_bytes",
                   "ratio_cpu_one_node"}))
      measure_the_rest();
    return std::move(report_);
  }

private:
  [[nodiscard]] bool wants_any(std::initializer_list<std::string_view> figures) const {
    return std::ranges::any_of(figures, [this](auto figure) { return options_.wants(figure); });
  }

  void say(const std::string& what) { log::of("bench").info("bench cluster: {}", what); }

  /// Measures something so often; the figures are its results.
  template <class Measure>
  void repeat(std::initializer_list<std::string_view> figures, Measure measure) {
    if (!wants_any(figures))
      return;
    for (std::size_t i = 0; i < options_.repeat; ++i) {
      measure(i);
      for (auto figure : figures)
        if (report_.has(figure))
          say(fmt::format("{} {:.4g}, {} of {}", figure, report_.latest(figure), i + 1, options_.repeat));
    }
  }

  void create_event() {
    if (std::exchange(has_event_, true))
      return;
    say("an event of " + std::to_string(sections_for(options_.shards)) + " sections");
    nodes_.create_event(node_names.front(), sections_for(options_.shards));
  }

  // ---- cuts --------------------------------------------------------------------

  /// The youngest node dials the second one, and reaches its store, through relays; nobody else does.
  void measure_cuts() {
    say("three nodes, two ways of which can be cut");
    auto link_port = crowd::free_port();
    tcp_relay pair({"127.0.0.1", link_port});
    std::optional<tcp_relay> store;
    if (auto to_store = divert(store_, 0))
      store.emplace(crowd::address{to_store->host, to_store->port});
    nodes_.start("a");
    nodes_.start("b", {.link_port = link_port, .link_told = pair.port()});
    nodes_.start("c", {.store = store ? divert(store_, store->port())->url : store_});
    create_event();
    auto cut = [](tcp_relay& way) { return [&way] { way.cut(); }; };
    auto mend = [](tcp_relay& way) { return [&way] { way.mend(); }; };
    repeat({"cut_pair_to_first_hold_ms"}, [&](std::size_t) {
      // The oldest one reaches both, so what shows the cut is what the second one's clients ask of the third.
      measure_fault(nodes_, {"cut_pair_to_first_hold_ms", "c", {"b"}, cut(pair), mend(pair)}, report_);
    });
    repeat({"cut_store_to_first_hold_ms"}, [&](std::size_t) {
      measure_fault(nodes_, {"cut_store_to_first_hold_ms", "c", {"a", "b"}, cut(*store), mend(*store)}, report_);
    });
    report_.add("false_ends", static_cast<double>(nodes_.false_ends()));
    nodes_.stop_all();
  }

  // ---- the rest ----------------------------------------------------------------

  void measure_the_rest() {
    say("three nodes");
    for (const auto* name : node_names)
      nodes_.start(name);
    create_event();
    repeat({"pause_to_first_hold_ms"}, [this](std::size_t i) { pause(node_names[i % node_names.size()]); });
    repeat({"kill_to_first_hold_ms"},
           [this](std::size_t i) { kill("kill_to_first_hold_ms", nodes_.others(event_home())[i % 2]); });
    repeat({"kill_event_home_ms"}, [this](std::size_t) { kill("kill_event_home_ms", event_home()); });
    repeat({"drain_ms", "failed_requests", "hand_over_pause_p99_ms", "join_moved_share", "false_ends"},
           [this](std::size_t i) { measure_moves(nodes_, node_names[(i + 2) % node_names.size()], report_); });
    repeat({"peer_stuck_bytes"},
           [this](std::size_t i) { measure_stuck_peer(nodes_, node_names[i % node_names.size()], report_); });
    if (options_.wants("ratio_cpu_one_node")) {
      say("ratio_cpu_one_node");
      measure_cost_of_links(nodes_, node_names.front(), options_.repeat, report_);
    }
    report_.add("false_ends", static_cast<double>(nodes_.false_ends()));
  }

  std::string event_home() {
    auto homes = nodes_.await_settled();
    return homes.at({domain::shard_kind::event, domain::event_id{nodes_.event()}, domain::section_no{}});
  }

  void kill(std::string_view figure, const std::string& victim) {
    measure_fault(nodes_,
                  {figure, victim, nodes_.others(victim), [this, victim] { nodes_.at(victim).process().send(SIGKILL); },
                   [this, victim] {
                     nodes_.remove(victim);
                     nodes_.start(victim);
                   }},
                  report_);
  }

  void pause(const std::string& victim) {
    auto send = [this, victim](int signal) {
      return [this, victim, signal] { nodes_.at(victim).process().send(signal); };
    };
    measure_fault(nodes_, {"pause_to_first_hold_ms", victim, nodes_.others(victim), send(SIGSTOP), send(SIGCONT)},
                  report_);
  }

  const cluster_options& options_;
  const std::string store_;
  cluster_report report_;
  cluster_nodes nodes_;
  bool has_event_ = false;
};

int refuse(const std::string& why) {
  log::of("bench").error("bench cluster: {}", why);
  return wrong_usage;
}

} // namespace

int run_cluster(const cluster_options& options, std::ostream& out) {
  if (auto fault = fault_of(options))
    return refuse(*fault);
  try {
    std::optional<private_postgres> own;
    if (options.store.empty()) {
      auto programs = find_postgres();
      if (!programs)
        return refuse("PostgreSQL is not on this machine: install it, or name a database without events with --store "
                      "postgres://…");
      own.emplace(*programs);
    }
    auto store = own ? own->url() : options.store;
    if (!persistence::open_store(store)->events().empty())
      return refuse("--store: this database has events; make a fresh one for the bench");
    auto report = cluster_run(options, store).run();
    report.print(out, options.json);
    return report.missed().empty() ? done : missed_a_limit;
  } catch (const std::exception& why) {
    log::of("bench").error("bench cluster: {}", why.what());
    return out_of_reach;
  }
}

} // namespace usher::bench
