#define CAF_SUITE bench.cluster

#include "bench/cluster_bench.hpp"
#include "bench/cluster_costs.hpp"
#include "bench/cluster_nodes.hpp"
#include "bench/cluster_options.hpp"
#include "bench/cluster_report.hpp"
#include "bench/node_log.hpp"
#include "bench/process_figures.hpp"
#include "bench/section_probes.hpp"

#include <boost/json.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace usher::bench;
using namespace std::chrono_literals;

namespace {

const std::string fault_at = "2026-11-30T09:30:00.100000Z";

std::string line(const std::string& time, const std::string& message) {
  return R"({"time":"2026-11-30T)" + time + R"(Z","level":"info","logger":"cluster","message":")" + message + "\"}\n";
}

boost::json::object object_of(const cluster_report& report) {
  std::ostringstream out;
  report.print(out, true);
  return boost::json::parse(out.str()).as_object();
}

steady_time at(int milliseconds) {
  return steady_time{} + 1h + std::chrono::milliseconds(milliseconds);
}

} // namespace

// ---- statistics ------------------------------------------------------------------

SCENARIO("medians and percentiles are those of the values in order") {
  CHECK_EQ(median_of({7}), 7.0);
  CHECK_EQ(median_of({9, 1, 5}), 5.0);
  CHECK_EQ(median_of({4, 1, 3, 2}), 2.5);
  std::vector<double> hundred;
  for (int i = 100; i > 0; --i)
    hundred.push_back(i);
  CHECK_EQ(percentile_of(hundred, 99), 99.0);
  CHECK_EQ(percentile_of(hundred, 100), 100.0);
  CHECK_EQ(percentile_of(hundred, 0.1), 1.0);
  CHECK_EQ(percentile_of({3, 8}, 99), 8.0);
}

SCENARIO("a report shows the worst of each figure, with that one's parts, beside its limit") {
  GIVEN("two figures, one of them above its limit once") {
    cluster_report report;
    report.note("store", "private");
    report.add("kill_to_first_hold_ms", 900, {{"ended_ms", 200}});
    report.add("kill_to_first_hold_ms", 3'100.4, {{"ended_ms", 2'000}});
    report.add("kill_to_first_hold_ms", 800, {{"ended_ms", 100}});
    report.add("false_ends", 0);
    THEN("that is in its object") {
      auto told = object_of(report);
      CHECK_EQ(told.at("store").as_string(), "private");
      CHECK_EQ(told.at("kill_to_first_hold_ms").to_number<double>(), 3'100.0);
      CHECK_EQ(told.at("limits").at("kill_to_first_hold_ms").to_number<double>(), 3'000.0);
      CHECK_EQ(told.at("medians").at("kill_to_first_hold_ms").to_number<double>(), 900.0);
      CHECK_EQ(told.at("parts").at("kill_to_first_hold_ms").at("ended_ms").to_number<double>(), 2'000.0);
      CHECK_EQ(told.at("repeats").at("kill_to_first_hold_ms").as_array().size(), 3u);
      CHECK_EQ(told.at("false_ends").to_number<double>(), 0.0);
      CHECK(!told.contains("drain_ms"));
      CHECK_EQ(boost::json::serialize(told.at("missed")), R"(["kill_to_first_hold_ms"])");
    }
    THEN("and in its table") {
      std::ostringstream out;
      report.print(out, false);
      CHECK(out.str().find("above its limit! ended_ms 2000") != std::string::npos);
      CHECK(out.str().find("join_moved_share") == std::string::npos);
    }
  }
}

SCENARIO("a report keeps only the figures that are asked for") {
  cluster_report report({"drain_ms"});
  report.add("drain_ms", 1);
  report.add("failed_requests", 5);
  CHECK(report.has("drain_ms"));
  CHECK(!report.has("failed_requests"));
  CHECK(report.missed().empty());
}

// ---- options ---------------------------------------------------------------------

SCENARIO("options that make no sense are refused with a sentence") {
  cluster_options options;
  CHECK(!fault_of(options));
  options.only = {"drain_ms", "speed"};
  CHECK(fault_of(options)->find("no figure speed") != std::string::npos);
  options.only = {"drain_ms"};
  CHECK(options.wants("drain_ms"));
  CHECK(!options.wants("false_ends"));
  options.store = "sqlite:usher.db";
  CHECK(fault_of(options)->find("PostgreSQL") != std::string::npos);
  options.store = "postgres://usher@/sale?host=/run/postgresql";
  CHECK(!fault_of(options));
  options.only.clear();
  CHECK(fault_of(options)->find("cut_store_to_first_hold_ms") != std::string::npos);
  options.store = "postgres://usher@127.0.0.1/sale";
  CHECK(!fault_of(options));
}

SCENARIO("the verb refuses what cannot be measured before it starts anything") {
  std::ostringstream out;
  CHECK_EQ(run_cluster({.store = {}, .only = {"speed"}, .program = {}}, out), 2);
  CHECK_EQ(run_cluster({.store = "sqlite:usher.db", .only = {}, .program = {}}, out), 2);
  CHECK_EQ(run_cluster({.store = "postgres://nobody@127.0.0.1:1/none", .only = {}, .program = {}}, out), 3);
  CHECK_EQ(out.str(), "");
}

SCENARIO("a store's url is led elsewhere, with everything else as it was") {
  auto diverted = divert("postgres://me:p%40ss@10.1.2.3:6000/sale?sslmode=disable", 7'000);
  REQUIRE(diverted);
  CHECK_EQ(diverted->url, "postgres://me:p%40ss@127.0.0.1:7000/sale?sslmode=disable");
  CHECK_EQ(diverted->host, "10.1.2.3");
  CHECK_EQ(diverted->port, 6'000);
  diverted = divert("postgresql://localhost", 7'000);
  REQUIRE(diverted);
  CHECK_EQ(diverted->url, "postgresql://127.0.0.1:7000");
  CHECK_EQ(diverted->host, "127.0.0.1");
  CHECK_EQ(diverted->port, 5'432);
  for (const auto* other : {"postgres://me@/sale", "postgres://me@store.example/sale", "postgres://a,b/sale",
                            "postgres://127.0.0.1/sale?host=/run", "postgres://127.0.0.1:x/sale", "sqlite:sale.db"})
    CHECK(!divert(other, 7'000));
}

// ---- what nodes say of themselves --------------------------------------------------

SCENARIO("a log's time is read to the microsecond, and only as it is written") {
  auto first = read_log_time(fault_at);
  auto second = read_log_time("2026-11-30T09:30:01.000250Z");
  REQUIRE(first && second);
  CHECK_EQ((*second - *first).count(), 900'250);
  CHECK_EQ(read_log_time("1970-01-01T00:00:00.000001Z")->time_since_epoch().count(), 1);
  for (const auto* other : {"", "09:30:00.100", "2026-11-30T09:30:00.100Z", "2026-13-30T09:30:00.100000Z"})
    CHECK(!read_log_time(other));
}

SCENARIO("a takeover's steps are read from the logs") {
  GIVEN("the logs of two that go on, and of the node that is lost") {
    lost_node lost{7, *read_log_time(fault_at), {"gala/3", "gala/4"}};
    auto survivors = read_log(
        line("09:30:00.050000", "the link to node 7 is down") // before the fault
        + "a line of something else\n" + line("09:30:00.150000", "the link to node 8 is down")
        + line("09:30:00.300000", "the link to node 7 is down") + line("09:30:00.200000", "the link to node 7 is down")
        + line("09:30:00.400000", R"(node 1 (\"a\") has ended node 7 (\"c\"), at beat 12: it refuses)")
        + line("09:30:00.500000", "node 1 has claimed 2 shards: gala/3 at epoch 5")
        + line("09:30:00.700000", "node 1 has loaded 2 shards in 150 ms")
        + line("09:30:00.710000", "node 1 serves shard gala/3 at epoch 5")
        + line("09:30:00.720000", "node 1 serves shard gala/4 at epoch 5")
        + line("09:30:00.900000", "node 1 serves shard gala/9 at epoch 2") + R"({"time":"2026)");
    CHECK_EQ(survivors.size(), 10u);
    CHECK_EQ(ended_in(survivors), std::vector<std::uint64_t>{7});
    auto steps = steps_of(lost, survivors, {});
    THEN("the first sight and the end, and the last claim, load and start, are since the fault") {
      CHECK_EQ(steps.seen, 100.0);
      CHECK_EQ(steps.ended, 300.0);
      CHECK_EQ(steps.claimed, 400.0);
      CHECK_EQ(steps.loaded, 600.0);
      CHECK_EQ(steps.served, 620.0);
    }
    THEN("a node that says itself that it has no store was seen then") {
      auto own = read_log(line("09:30:00.160000", "the store does not answer the census: timeout"));
      CHECK_EQ(steps_of(lost, survivors, own).seen, 60.0);
      CHECK(!steps_of(lost, {}, {}).served);
    }
  }
}

SCENARIO("a metric's largest value is found among its labels") {
  const auto* text = "# HELP usher_queue_bytes What waits.\n# TYPE usher_queue_bytes gauge\n"
                     "usher_queue_bytes{peer=\"1\"} 12 1764495000000\nusher_queue_bytes{peer=\"2\"} 4096\n"
                     "usher_queue_bytes_max 9999\nusher_frames_total 3\n";
  CHECK_EQ(largest_metric(text, "usher_queue_bytes"), 4'096.0);
  CHECK_EQ(largest_metric(text, "usher_frames_total"), 3.0);
  CHECK(!largest_metric(text, "usher_frames"));
  CHECK(!largest_metric("", "usher_frames"));
}

SCENARIO("processor time and memory are read as the kernel writes them") {
  CHECK_EQ(cpu_ticks_in("42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 7 20 0 5"), 300u);
  CHECK(!cpu_ticks_in("42 (usher"));
  CHECK(!cpu_ticks_in(""));
  CHECK_EQ(resident_bytes_in("Name:\tusher\nVmHWM:\t  90 kB\nVmRSS:\t   20 kB\n"), 20'480u);
  CHECK(!resident_bytes_in("Name:\tusher\n"));
  CHECK(resident_bytes_of(::getpid()) > 0);
  CHECK(cpu_seconds_of(::getpid()) >= 0);
}

SCENARIO("who has which sections is counted by node") {
  usher::domain::event_id gala{"gala"};
  using usher::domain::section_no;
  using usher::domain::shard_kind;
  shard_homes homes{{{shard_kind::event, gala, {}}, "a"},
                    {{shard_kind::section, gala, section_no{0}}, "b"},
                    {{shard_kind::section, gala, section_no{4}}, "a"},
                    {{shard_kind::waiting_room, gala, {}}, "b"}};
  CHECK_EQ(counts_of(homes)["a"], 2u);
  CHECK_EQ(sections_on(homes, "a"), std::vector<std::uint16_t>{4});
  CHECK_EQ(sections_on(homes, "b"), std::vector<std::uint16_t>{0});
}

// ---- what buyers saw ---------------------------------------------------------------

SCENARIO("first grants, slowest answers and failures are read from what buyers wrote down") {
  GIVEN("two sections, one of which stood still from 100 to 900") {
    std::vector<probe_answer> answers{{1, at(0), at(5), true, {}},      {1, at(90), at(910), true, {}},
                                      {1, at(911), at(920), false, {}}, {1, at(930), at(940), true, {}},
                                      {2, at(50), at(60), true, {}},    {2, at(150), at(155), true, "overloaded"},
                                      {2, at(160), at(180), true, {}},  {2, at(960), at(1'960), true, {}}};
    THEN("a hold asked for before does not count as the first grant") {
      auto first = first_grants_ms(answers, at(100));
      CHECK_EQ(first.size(), 2u);
      CHECK_EQ(first[1], 840.0);
      CHECK_EQ(first[2], 80.0);
    }
    THEN("the slowest answer is one that was open meanwhile") {
      auto slowest = slowest_ms(answers, at(100), at(950));
      CHECK_EQ(slowest[1], 820.0);
      CHECK_EQ(slowest[2], 20.0);
    }
    THEN("failures are those of that time") {
      CHECK_EQ(failures(answers, at(100), at(950))["overloaded"], 1u);
      CHECK(failures(answers, at(200), at(950)).empty());
    }
  }
}
