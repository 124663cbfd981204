#define CAF_SUITE node.serving

#include "tests/node/folders.hpp"
#include "tests/node/running.hpp"

#include "bench/child_node.hpp"
#include "caf/test/bdd_dsl.hpp"
#include "crowd/http_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <optional>
#include <regex>

using namespace usher::node::testing;
using namespace std::chrono_literals;
using usher::bench::child_node;
using usher::bench::temporary_directory;
using usher::crowd::http_client;

namespace {

struct hall {
  temporary_directory folder;
  std::string store = "sqlite:" + (folder.path() / "usher.db").string();

  [[nodiscard]] usher::bench::child_node_options options() const {
    usher::bench::child_node_options result;
    result.program = usher::tests::program_file();
    result.store = store;
    return result;
  }

  /// An operator's verb against a node.
  [[nodiscard]] outcome verb(const child_node& node, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(),
                     {"--admin", "http://" + to_string(node.admin()), "--admin-key", node.admin_key()});
    return run_usher(arguments);
  }
};

int status_of(const child_node& node, const std::string& target) {
  return static_cast<int>(http_client{node.http()}.call({.target = target}).status);
}

} // namespace

SCENARIO("an event is created, changed and reported by the verbs") {
  GIVEN("a node") {
    hall house;
    child_node node{house.options()};
    auto created = house.verb(node, {"event", "create", "opera", "--plan", "theatre", "--name", "Rigoletto", "--rate",
                                     "50", "--price", "Premium=12000", "--open", "--json"});
    CHECK_EQ(created.code, 0);
    CHECK_EQ(created.err, "Warning: These categories have no price and are not for sale: First, Second, Third.\n");
    auto event = boost::json::parse(created.out);
    CHECK_EQ(event.at("name").as_string(), "Rigoletto");
    CHECK_EQ(event.at("state").as_string(), "open");
    auto paused = house.verb(node, {"event", "pause", "opera"});
    CHECK_EQ(paused.code, 0);
    CHECK(contains(paused.out, "paused"));
    CHECK(contains(house.verb(node, {"event", "resume", "opera"}).out, "open"));
    CHECK_EQ(house.verb(node, {"event", "rate", "opera", "70", "--max-shopping", "9"}).code, 0);
    CHECK_EQ(house.verb(node, {"event", "set", "opera", "--price", "Premium=9900", "--hold-ttl", "120"}).code, 0);
    auto set = boost::json::parse(house.verb(node, {"event", "show", "opera", "--json"}).out);
    CHECK_EQ(set.at("hold_ttl_s").as_int64(), 120);
    CHECK_EQ(set.at("max_shopping").as_int64(), 9);
    CHECK(contains(boost::json::serialize(set.at("categories")), "9900"));
    auto again = house.verb(node, {"event", "create", "opera", "--plan", "theatre", "--price", "First=0850",
                                   "--closes-at", "2190-01-01T00:00:00Z", "--json"});
    CHECK_EQ(again.code, 0);
    auto kept = boost::json::parse(again.out);
    CHECK_EQ(kept.at("name").as_string(), "Rigoletto");
    CHECK_EQ(kept.at("max_shopping").as_int64(), 9);
    CHECK_EQ(kept.at("closes_at").as_string(), "2190-01-01T00:00:00.000Z");
    CHECK(contains(boost::json::serialize(kept.at("categories")), "9900"));
    CHECK(contains(boost::json::serialize(kept.at("categories")), "\"amount\":850,"));
    CHECK_EQ(house.verb(node, {"event", "create", "opera", "--plan", "theatre", "--closes-at", "none"}).code, 0);
    CHECK(contains(house.verb(node, {"event", "show", "opera", "--json"}).out, "\"closes_at\":null"));
    auto misspelt = house.verb(node, {"event", "set", "opera", "--price", "Premum=9900"});
    CHECK_EQ(misspelt.code, 1);
    CHECK(contains(misspelt.err, "Premum"));
    CHECK(contains(house.verb(node, {"event", "list"}).out, "Rigoletto"));
    CHECK(contains(house.verb(node, {"event", "show", "opera", "--json"}).out, "\"admission_per_s\":70"));
    auto section = std::string{event.at("sections").at(0).at("id").as_string()};
    auto blocked = house.verb(node, {"event", "block", "opera", "--section", section});
    CHECK_EQ(blocked.code, 0);
    CHECK_EQ(house.verb(node, {"event", "unblock", "opera", "--section", section}).code, 0);
    CHECK(contains(house.verb(node, {"event", "report", "opera"}).out, "Orders: 0 confirmed"));
    auto unknown = house.verb(node, {"event", "show", "ballet"});
    CHECK_EQ(unknown.code, 1);
    CHECK(contains(unknown.err, "usher: "));
    CHECK_EQ(
        run_usher({"event", "list", "--admin", "http://" + to_string(node.admin()), "--admin-key", "wrong-key"}).code,
        1);
    CHECK_EQ(house.verb(node, {"event", "close", "opera"}).code, 0);
    CHECK_EQ(house.verb(node, {"event", "open", "opera"}).code, 1);
    auto audited = run_usher({"audit", "opera", "--store", house.store, "--json"});
    CHECK_EQ(audited.code, 0);
    CHECK_EQ(boost::json::parse(audited.out).at("audit").as_string(), "ok");
  }
}

SCENARIO("what a shop gets wrong at first is refused with what to do") {
  GIVEN("a node") {
    hall house;
    child_node node{house.options()};
    auto unpriced = house.verb(node, {"event", "create", "opera", "--plan", "theatre", "--open"});
    CHECK_EQ(unpriced.code, 1);
    CHECK(contains(unpriced.err, "(at /prices)"));
    auto typo = house.verb(node, {"event", "create", "opera", "--plan", "theatre", "--currency", "EUO"});
    CHECK_EQ(typo.code, 1);
    CHECK(contains(typo.err, "(at /currency)"));
    temporary_directory folder;
    auto file = [&](const std::string& name) {
      auto path = (folder.path() / "plan.json").string();
      std::ofstream{path} << "\xEF\xBB\xBF{\"name\":\"" + name
                                 + R"(","categories":[],"zones":[{"zone_id":"ground","rows":[{"row_number":"A","seats":[
        {"seat_guid":"a","seat_number":"1","position":{"x":0,"y":0},"category":""}]}]}]})";
      return path;
    };
    auto long_name = house.verb(node, {"event", "create", "opera", "--plan", file(std::string(230, 'x'))});
    CHECK_EQ(long_name.code, 1);
    CHECK(contains(long_name.err, "(at /plan/name)"));
    CHECK(contains(long_name.err, "--name"));
    auto made = house.verb(node, {"event", "create", "tokyo", "--plan", file(""), "--currency", "JPY", "--price",
                                  "Standard=12000", "--open"});
    CHECK_EQ(made.code, 0);
    CHECK(contains(made.out, "tokyo: tokyo, open"));
    CHECK(contains(made.out, "12,000 JPY"));
    CHECK(contains(house.verb(node, {"event", "report", "tokyo"}).out, "Revenue 0 JPY"));
  }
}

SCENARIO("SIGTERM stops a node in time, and what it knew is there again") {
  GIVEN("a node with an event") {
    hall house;
    std::optional<child_node> node{house.options()};
    CHECK_EQ(house.verb(*node, {"event", "create", "opera", "--plan", "theatre"}).code, 0);
    CHECK_EQ(status_of(*node, "/v1/events/opera"), 200);
    WHEN("it is told to stop, and started again") {
      node->process().send(SIGTERM);
      CHECK_EQ(node->process().wait_for(12s), std::optional{0});
      node.emplace(house.options());
      CHECK_EQ(status_of(*node, "/v1/events/opera"), 200);
    }
  }
}

SCENARIO("a port that is in use stops the start before the store is taken over") {
  GIVEN("a node") {
    hall house;
    child_node first{house.options()};
    CHECK_EQ(house.verb(first, {"event", "create", "opera", "--plan", "theatre", "--price", "Premium=1"}).code, 0);
    auto second =
        run_usher({"node", "--http", to_string(first.http()), "--admin", "127.0.0.1:0", "--store", house.store});
    CHECK_EQ(second.code, 1);
    CHECK(contains(second.err, std::to_string(first.http().port)));
    CHECK_EQ(house.verb(first, {"event", "open", "opera"}).code, 0);
  }
}

SCENARIO("a second node on the same store takes over, and the first says why it stops") {
  GIVEN("a node with an event") {
    hall house;
    child_node first{house.options()};
    CHECK_EQ(house.verb(first, {"event", "create", "opera", "--plan", "theatre", "--price", "Premium=1"}).code, 0);
    WHEN("a second one starts, and the first is asked to change something") {
      child_node second{house.options()};
      CHECK_EQ(house.verb(first, {"event", "open", "opera"}).code, 1);
      CHECK_EQ(first.process().wait_for(15s), std::optional{1});
      CHECK(contains(first.said(), "taken over by another process"));
      CHECK_EQ(house.verb(second, {"event", "open", "opera"}).code, 0);
    }
  }
}

SCENARIO("a node without an admin key makes one and writes it into no file") {
  GIVEN("a node on a loopback address") {
    temporary_directory folder;
    auto out = folder.path() / "out";
    auto err = folder.path() / "err";
    usher::bench::child_process node{
        {usher::tests::program_file(),
         {"node", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--set", "stop.lame-duck=0s", "--store",
          "sqlite:" + (folder.path() / "usher.db").string()},
         out,
         err}};
    CHECK(node.await_ready(30s));
    CHECK_EQ(node.stop(), 0);
    auto written = text_of(out) + text_of(err);
    CHECK(contains(written, "admin.key"));
    CHECK(!std::regex_search(written, std::regex{"[0-9a-f]{64}"}));
  }
}
