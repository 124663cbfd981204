#define CAF_SUITE node.cluster_verbs

#include "tests/node/canned_server.hpp"
#include "tests/node/running.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "crowd/address.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace usher::node::testing;

namespace {

std::string http(const std::string& status_line, const std::string& body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status_line, body.size(), body);
}

std::string problem(const std::string& status_line, const std::string& title, const std::string& detail) {
  return http(status_line, fmt::format(R"({{"title":"{}","detail":"{}"}})", title, detail));
}

/// A node's answer, in which `b` has this status and so many shards.
std::string with_b(const std::string& status, int owned) {
  return http("200 OK", fmt::format(R"({{"seen_by":"a","store_us":900,"nodes":[)"
                                    R"({{"name":"a","status":"up","owned":3}},)"
                                    R"({{"name":"b","status":"{}","owned":{}}}],"cuts":[],"events":[]}})",
                                    status, owned));
}

/// A node's answer after `b` has ended.
const std::string without_b = http("200 OK", R"({"nodes":[{"name":"a","status":"up"}]})");

outcome cluster_verb(const canned_server& node, std::vector<std::string> words) {
  words.insert(words.begin(), "cluster");
  words.insert(words.end(),
               {"--admin", "http://127.0.0.1:" + std::to_string(node.port()), "--admin-key", "key-of-operators"});
  return run_usher(words);
}

std::size_t count_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

} // namespace

SCENARIO("the status is asked of any node, with the key, and printed for people or for programs") {
  canned_server node{with_b("up", 4), std::nullopt};
  auto table = cluster_verb(node, {"status"});
  CHECK_EQ(table.code, 0);
  CHECK(contains(table.out, "2 nodes; the store answers in 0.9 ms"));
  CHECK(contains(node.heard(), "GET /admin/v1/cluster HTTP/1.1\r\n"));
  CHECK(contains(node.heard(), "Authorization: Bearer key-of-operators\r\n"));
  auto answer = cluster_verb(node, {"status", "--json"});
  CHECK_EQ(answer.code, 0);
  CHECK_EQ(boost::json::parse(answer.out).at("nodes").at(1).at("owned").as_int64(), 4);
}

SCENARIO("a watch shows the status again and again, until the node is out of reach") {
  canned_server node{{with_b("up", 4), with_b("draining", 2), ""}, std::nullopt};
  auto tables = cluster_verb(node, {"status", "--watch"});
  CHECK_EQ(tables.code, 3);
  CHECK_EQ(count_in(tables.out, "2 nodes; "), 2u);
  CHECK(contains(tables.out, "draining"));
  canned_server again{{with_b("up", 4), with_b("up", 3), ""}, std::nullopt};
  auto lines = cluster_verb(again, {"status", "--watch", "--json"});
  CHECK_EQ(lines.code, 3);
  CHECK_EQ(count_in(lines.out, "\n"), 2u); // one object a line
  CHECK_EQ(boost::json::parse(lines.out.substr(0, lines.out.find('\n'))).at("seen_by").as_string(), "a");
}

SCENARIO("to drain, undrain and rebalance is one request each, which is answered with the status") {
  struct {
    std::vector<std::string> words;
    std::string target;
  } const verbs[]{
      {{"drain", "b"}, "/nodes/b/drain"}, {{"undrain", "b"}, "/nodes/b/undrain"}, {{"rebalance"}, "/rebalance"}};
  for (const auto& [words, target] : verbs) {
    canned_server node{with_b("draining", 4), std::nullopt};
    auto done = cluster_verb(node, words);
    CHECK_EQ(done.code, 0);
    CHECK(contains(done.out, "draining"));
    CHECK(contains(node.heard(), "POST /admin/v1/cluster" + target + " HTTP/1.1\r\n"));
    CHECK(!contains(node.heard(), "GET "));
    auto answer = cluster_verb(node, [&] {
      auto more = words;
      more.emplace_back("--json");
      return more;
    }());
    CHECK_EQ(boost::json::parse(answer.out).at("nodes").as_array().size(), 2u);
  }
}

SCENARIO("whoever waits for a drained node sees how far it is, until it has no shard any more") {
  GIVEN("one that gives its shards away") {
    canned_server node{{with_b("draining", 4), with_b("draining", 1), with_b("draining", 0)}, std::nullopt};
    auto done = cluster_verb(node, {"drain", "b", "--wait"});
    CHECK_EQ(done.code, 0);
    CHECK_EQ(count_in(node.heard(), "POST /admin/v1/cluster/nodes/b/drain"), 1u);
    CHECK_EQ(count_in(node.heard(), "GET /admin/v1/cluster HTTP"), 2u);
    CHECK(contains(done.err, "4"));
    CHECK(contains(done.err, "shards given away"));
    CHECK(contains(done.out, "draining"));
  }
  GIVEN("one that ends meanwhile") {
    canned_server node{{with_b("draining", 4), without_b}, std::nullopt};
    auto done = cluster_verb(node, {"drain", "b", "--within", "60"});
    CHECK_EQ(done.code, 0);
    CHECK(contains(done.out, "1 node;"));
  }
  GIVEN("one that somebody undrains meanwhile") {
    canned_server node{{with_b("draining", 4), with_b("up", 4)}, std::nullopt};
    auto done = cluster_verb(node, {"drain", "b", "--wait"});
    CHECK_EQ(done.code, 1);
    CHECK(contains(done.err, "node b drains no more: somebody has undrained it, or it was started again"));
  }
  GIVEN("one that takes too long") {
    canned_server node{{with_b("draining", 4), with_b("draining", 2)}, std::nullopt};
    auto done = cluster_verb(node, {"drain", "b", "--within", "1"});
    CHECK_EQ(done.code, 3);
    CHECK(contains(done.err, "node b still has 2 shards; it goes on giving them away"));
  }
  GIVEN("one about which nobody answers any more") {
    canned_server node{{with_b("draining", 4), ""}, std::nullopt};
    CHECK_EQ(cluster_verb(node, {"drain", "b", "--wait"}).code, 3);
  }
}

SCENARIO("what a node refuses is told in its own words") {
  struct {
    std::string answer, sentence;
  } const refusals[]{
      {problem("404 Not Found", "No such thing.", "No node that lives is called b."),
       "No node that lives is called b."},
      {problem("409 Conflict", "Conflict", "Node b is the last one that is up: nobody could take its shards."),
       "Conflict: Node b is the last one that is up: nobody could take its shards."},
      {problem("503 Service Unavailable", "The store is away.", "The log says why."), "The log says why."}};
  for (const auto& [answer, sentence] : refusals) {
    canned_server node{answer, std::nullopt};
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"status"}, {"status", "--watch"}, {"drain", "b", "--wait"}, {"undrain", "b"}, {"rebalance"}}) {
      auto done = cluster_verb(node, words);
      CHECK_EQ(done.code, 1);
      CHECK(contains(done.err, sentence));
      CHECK_EQ(done.out, "");
    }
  }
}

SCENARIO("a command line about the cluster that makes no sense is a usage error, and asks nobody") {
  canned_server node{with_b("up", 4), std::nullopt};
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"frobnicate"},
                                                                 {"drain"},
                                                                 {"undrain"},
                                                                 {"drain", "b/c"},
                                                                 {"drain", "b?x"},
                                                                 {"drain", "b c"},
                                                                 {"drain", ""},
                                                                 {"drain", "b", "--within", "0"},
                                                                 {"drain", "b", "--within", "soon"},
                                                                 {"undrain", "b", "--wait"},
                                                                 {"status", "b"},
                                                                 {"rebalance", "b"}})
    CHECK_EQ(cluster_verb(node, words).code, 2);
  CHECK_EQ(node.heard(), "");
}

SCENARIO("each verb about the cluster says how it is used, and who answers nobody is out of reach") {
  auto nobody = "http://127.0.0.1:" + std::to_string(usher::crowd::free_port());
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"cluster", "status"}, {"cluster", "drain", "b"}, {"cluster", "undrain", "b"}, {"cluster", "rebalance"}}) {
    auto asking = words;
    asking.insert(asking.end(), {"--admin", nobody});
    auto done = run_usher(asking);
    CHECK_EQ(done.code, 3);
    CHECK(contains(done.err, "no answer from"));
    asking.emplace_back("--help");
    auto help = run_usher(asking);
    CHECK_EQ(help.code, 0);
    CHECK(contains(help.out, "Usage:"));
  }
}
