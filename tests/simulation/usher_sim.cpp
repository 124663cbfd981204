#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/type_ids.hpp"
#include "tests/simulation/world.hpp"

#include <CLI/CLI.hpp>
#include <caf/init_global_meta_objects.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace usher::simulation {
namespace {

struct seed_range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};

struct wishes {
  seed_range seeds;
  std::uint64_t nodes = 0; ///< that share the store; 0: as the seed says
  unsigned threads = 1;
  bool trace = false;
  bool json = false;
  std::string plant;
};

/// What came of many seeds.
struct totals {
  std::uint64_t seeds = 0;
  std::map<std::uint64_t, std::vector<finding>> failed; ///< by seed
  std::chrono::nanoseconds virtual_time{0};
  std::uint64_t requests = 0;
  std::uint64_t plans = 0;
  std::map<std::string, std::uint64_t> faults;

  void add(std::uint64_t seed, run_result&& one) {
    ++seeds;
    virtual_time += one.virtual_time;
    requests += one.requests;
    plans += one.plans;
    for (const auto& [name, count] : one.faults)
      faults[name] += count;
    if (!one.findings.empty())
      failed.emplace(seed, std::move(one.findings));
  }
};

std::string in_json(const std::map<std::string, std::uint64_t>& counts) {
  std::string result;
  for (const auto& [name, count] : counts)
    result += fmt::format(R"({}"{}": {})", result.empty() ? "" : ", ", name, count);
  return "{" + result + "}";
}

/// Every third sale is that of a cluster of three to five nodes, which takes longer than the two others.
std::uint64_t nodes_by(std::uint64_t seed) {
  return seed % 3 == 0 ? 3 + seed / 3 % 3 : 1;
}

run_result run_one(std::uint64_t seed, const wishes& wanted, trace::reader lines) {
  world one{seed, wanted.nodes > 0 ? wanted.nodes : nodes_by(seed), std::move(lines)};
  failpoint::deciding by_mischief{[&one](const failpoint::place& here) { return one.met(here); }};
  return one.run();
}

/// Runs the seeds on several threads, each a world of its own; with `enough`, until one has failed.
totals run_many(const wishes& wanted, bool enough) {
  totals all;
  std::mutex guard;
  std::atomic<std::uint64_t> next{wanted.seeds.first};
  std::atomic<bool> stop{false};
  auto work = [&] {
    for (auto seed = next++; seed <= wanted.seeds.last && !stop; seed = next++) {
      auto one = run_one(seed, wanted, nullptr);
      std::lock_guard lock{guard};
      stop = stop || (enough && !one.findings.empty());
      all.add(seed, std::move(one));
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < wanted.threads; ++i)
    threads.emplace_back(work);
  work();
  threads.clear();
  return all;
}

/// The end of a seed's trace, for whoever looks for the fault.
void print_end_of_trace(std::uint64_t seed, const wishes& wanted) {
  constexpr std::size_t most = 150;
  std::deque<std::string> last;
  run_one(seed, wanted, [&](const std::string& line) {
    last.push_back(line);
    if (last.size() > most)
      last.pop_front();
  });
  for (const auto& line : last)
    std::cerr << line << '\n';
}

void print_findings(std::uint64_t seed, const std::vector<finding>& findings) {
  for (const auto& one : findings)
    std::cerr << fmt::format("seed {}: {:.6f} s: {}: {}\n", seed, std::chrono::duration<double>(one.at).count(),
                             one.checker, one.sentence);
}

int trace_seed(const wishes& wanted) {
  auto one = run_one(wanted.seeds.first, wanted, [](const std::string& line) { std::cout << line << '\n'; });
  std::cout << fmt::format("digest {:016x}\n", one.digest);
  print_findings(wanted.seeds.first, one.findings);
  return one.findings.empty() ? 0 : 1;
}

int run_seeds(const wishes& wanted) {
  auto all = run_many(wanted, false);
  for (const auto& [seed, findings] : all.failed)
    print_findings(seed, findings);
  if (!all.failed.empty()) {
    auto seed = all.failed.begin()->first;
    std::cerr << fmt::format("the end of the trace of seed {} (all of it: usher-sim --seed {} --trace):\n", seed, seed);
    print_end_of_trace(seed, wanted);
  }
  auto virtual_s = std::chrono::duration<double>(all.virtual_time).count();
  if (wanted.json)
    std::cout << fmt::format(
        R"({{"seeds": {}, "failed": {}, "virtual_s": {:.0f}, "requests": {}, "plans": {}, "faults": {}}})", all.seeds,
        all.failed.size(), virtual_s, all.requests, all.plans, in_json(all.faults))
              << '\n';
  else
    std::cout << fmt::format("{} seeds, {} failed; {:.0f} virtual seconds, {} requests, {} new plans, faults {}\n",
                             all.seeds, all.failed.size(), virtual_s, all.requests, all.plans, in_json(all.faults));
  return all.failed.empty() ? 0 : 1;
}

/// A node that has its store alone has none of the code in which these are.
bool needs_other_nodes(const std::string& plant) {
  constexpr std::array plants{"old_home_believed", "answer_awaited_twice", "parked_requests_dropped",
                              "lost_shard_still_served", "younger_nodes_stay"};
  return std::ranges::find(plants, plant) != plants.end();
}

/// Whether the planted fault shows in one of the seeds, and who saw it.
std::string found_by(const std::string& plant, wishes wanted) {
  if (wanted.nodes == 0 && needs_other_nodes(plant))
    wanted.nodes = 4;
  failpoint::plant(plant);
  auto all = run_many(wanted, true);
  failpoint::plant({});
  if (all.failed.empty()) {
    std::cerr << fmt::format("{}: not found in {} seeds\n", plant, all.seeds);
    return {};
  }
  const auto& [seed, findings] = *all.failed.begin();
  std::cerr << fmt::format("{}: found in seed {}{} by {}: {}\n", plant, seed,
                           wanted.nodes == 0 ? "" : fmt::format(" with {} nodes", wanted.nodes),
                           findings.front().checker, findings.front().sentence);
  return findings.front().checker;
}

int run_plants(const wishes& wanted) {
  std::vector<std::string> names;
  for (auto name : failpoint::all_plants)
    if (wanted.plant == "all" || wanted.plant == name)
      names.emplace_back(name);
  if (names.empty()) {
    std::cerr << fmt::format("there is no planted fault '{}'; there are:\n", wanted.plant);
    for (auto name : failpoint::all_plants)
      std::cerr << "  " << name << '\n';
    return 2;
  }
  std::map<std::string, std::string> by;
  for (const auto& name : names)
    if (auto checker = found_by(name, wanted); !checker.empty())
      by.emplace(name, checker);
  std::string list;
  for (const auto& [name, checker] : by)
    list += fmt::format(R"({}"{}": "{}")", list.empty() ? "" : ", ", name, checker);
  std::cout << fmt::format(R"({{"planted": {}, "found": {}, "by": {{{}}}}})", names.size(), by.size(), list) << '\n';
  return by.size() == names.size() ? 0 : 1;
}

/// `7` or `1..200`.
bool read_range(const std::string& text, seed_range& range) {
  auto number = [](std::string_view digits, std::uint64_t& into) {
    auto end = digits.data() + digits.size();
    auto read = std::from_chars(digits.data(), end, into);
    return read.ec == std::errc{} && read.ptr == end;
  };
  auto dots = text.find("..");
  if (dots == std::string::npos)
    return number(text, range.first) && number(text, range.last);
  return number(std::string_view{text}.substr(0, dots), range.first)
         && number(std::string_view{text}.substr(dots + 2), range.last) && range.first <= range.last;
}

int run(int argc, char** argv) {
  CLI::App app{"Simulates whole sales from seeds, with nodes that crash, a store that fails and buyers who repeat "
               "themselves, and checks every invariant. See docs/reliability.md."};
  wishes wanted;
  std::string seeds = "1..100";
  std::string level = "off";
  wanted.threads = std::max(1U, std::thread::hardware_concurrency());
  app.add_option("--seeds,--seed", seeds, "which sales: A..B, or one number")->capture_default_str();
  app.add_option("--nodes", wanted.nodes, "how many nodes share the store, 1: none; left out: as the seed says")
      ->check(CLI::Range(1, 5));
  app.add_flag("--trace", wanted.trace, "print everything that happens in the first of them");
  app.add_flag("--json", wanted.json, "print the totals as one line of JSON");
  app.add_option("--plant", wanted.plant, "run with a planted fault, which must be found; `all`: with each in turn");
  app.add_option("--threads", wanted.threads, "how many sales at once")->check(CLI::Range(1, 256));
  app.add_option("--log", level, "what the nodes' logs say, on standard error: debug, info, warning, …")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!read_range(seeds, wanted.seeds)) {
    std::cerr << "--seeds is a number, or A..B\n";
    return 2;
  }
  log::configure(log::format::human, level);
  caf::init_global_meta_objects<caf::id_block::usher>();
  caf::core::init_global_meta_objects();
  if (wanted.trace) {
    failpoint::plant(wanted.plant);
    return trace_seed(wanted);
  }
  return wanted.plant.empty() ? run_seeds(wanted) : run_plants(wanted);
}

} // namespace
} // namespace usher::simulation

int main(int argc, char** argv) {
  return usher::simulation::run(argc, argv);
}
