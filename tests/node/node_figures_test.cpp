#define CAF_SUITE node.node_figures

#include "node/node_figures.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "node/figure_board.hpp"
#include "persistence/coordination.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <limits>
#include <memory>
#include <string>

using namespace usher;
using node::encode;
using node::node_figures;
using node::read_figures;

namespace {

node_figures some_figures() {
  node_figures figures;
  figures.shards = {.wanted = 40,
                    .served = 36,
                    .giving = 3,
                    .taking = 1,
                    .stopped = 2,
                    .events = {{domain::event_id{"gala"}, 4, 0}, {domain::event_id{"opera"}, 0, 2}}};
  figures.links = {"b", "c.d_e-f"};
  figures.buyers = 4'211;
  figures.lag_us = 300;
  figures.is_stopping = true;
  return figures;
}

/// A node's links, as far as the board asks.
struct fake_links : cluster::link {
  void seek(cluster::incarnation, std::vector<cluster::link_peer>) override {}
  void send(cluster::incarnation, std::uint64_t, std::string) override {}
  void end(cluster::incarnation, std::uint64_t) override {}
  std::vector<cluster::link_figures> figures() const override { return all; }

  std::vector<cluster::link_figures> all;
};

} // namespace

SCENARIO("figures are read as they were written") {
  CHECK(read_figures(encode(some_figures())) == some_figures());
  CHECK(read_figures(encode(node_figures{})) == node_figures{});
}

SCENARIO("figures always fit into the store's column, and of many links and events the first are in them") {
  const std::string long_name(64, 'n');
  auto figures = some_figures();
  figures.buyers = figures.lag_us = std::numeric_limits<std::uint32_t>::max();
  figures.links.assign(200, long_name);
  figures.shards.events.assign(5'000, {domain::event_id{long_name}, 999'999, 999'999});
  auto text = encode(figures);
  CHECK_LE(text.size(), persistence::coordination::figures_bytes_max);
  auto read = read_figures(text);
  REQUIRE(read.has_value());
  CHECK_EQ(read->links.size(), 32u);
  CHECK_EQ(read->shards.events.size(), 32u);
  CHECK_EQ(read->shards.events.front().event.value(), long_name);
  CHECK_EQ(read->shards.served, figures.shards.served);
}

SCENARIO("whatever somebody has put into the column costs nobody more than these figures") {
  for (const auto* garbage : {"", " ", "null", "[]", "[1,2]", "7", "\"text\"", "{", "{\"wanted\":1", "{\"wanted\":1}x",
                              "\xff\xfe", "{\"a\":\"\xff\"}"})
    CHECK(!read_figures(garbage));
  CHECK(!read_figures(std::string(100'000, '[')));
  CHECK(!read_figures(std::string{"{}\0", 3}));
  auto odd = read_figures(R"({"wanted":-1,"served":"many","giving":1.5,"taking":18446744073709551615,"stopped":null,
                              "buyers":[],"lag_us":{},"stopping":"yes","links":[1,"b",null],
                              "events":[7,{"event":"No Good","moving":1},{"moving":3},{"event":"gala","moving":-2}],
                              "later":{"what":"a newer node says"}})");
  REQUIRE(odd.has_value());
  node_figures expected;
  expected.links = {"b"};
  expected.shards.events = {{domain::event_id{"gala"}, 0, 0}};
  CHECK(*odd == expected);
  CHECK(read_figures("{}") == node_figures{});
  CHECK(read_figures(R"({"links":"b","events":{"event":"gala"}})") == node_figures{});
}

SCENARIO("the board collects what the node's parts say") {
  caf::telemetry::metric_registry metrics;
  auto* sessions = metrics.gauge_singleton("usher", "gateway-sessions", "Sessions.");
  auto* lag = metrics.gauge_singleton<double>("usher", "journal-lag", "The lag.", "seconds");
  node::figure_board board;
  CHECK(board.read(metrics) == node_figures{});
  auto expected = some_figures();
  board.take(expected.shards);
  auto links = std::make_shared<fake_links>();
  links->all = {{cluster::incarnation{3}, "c.d_e-f", true, {}},
                {cluster::incarnation{4}, "down", false, {}},
                {cluster::incarnation{2}, "b", true, {}}};
  board.take(std::weak_ptr<const cluster::link>{links});
  sessions->value(4'211);
  lag->value(.0003);
  board.stop();
  CHECK(board.read(metrics) == expected);
  WHEN("the links are gone, and a session was counted too often") {
    links.reset();
    sessions->value(-1);
    expected.links.clear();
    expected.buyers = 0;
    CHECK(board.read(metrics) == expected);
  }
}
