#define CAF_SUITE node.cluster_desk

#include "node/cluster_desk.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "log/captured_log.hpp"
#include "node/node_figures.hpp"
#include "tests/support/memory_coordination.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <future>
#include <memory>
#include <string>
#include <vector>

using namespace usher;
using namespace usher::tests;
using gateway::cluster_answer;
using gateway::cluster_call;
using gateway::cluster_conflict;
using persistence::incarnation;
using persistence::node_status;

namespace json = boost::json;

namespace {

cluster_answer answer_of(node::cluster_desk& desk, cluster_call what, const std::string& node = {}) {
  auto said = std::make_shared<std::promise<cluster_answer>>();
  desk.ask({messages::trace_id{0x2a}, what, node},
           [said](cluster_answer answer) { said->set_value(std::move(answer)); });
  return said->get_future().get();
}

/// The sentence of a conflict; empty if it is none.
std::string conflict_in(const cluster_answer& answer) {
  const auto* conflict = std::get_if<cluster_conflict>(&answer);
  return conflict ? conflict->why : "";
}

bool is_refusal(const cluster_answer& answer, domain::rejection reason) {
  const auto* refusal = std::get_if<domain::refusal>(&answer);
  return refusal && refusal->reason == reason;
}

/// The status of a node, as the answer has it; empty when it is not there.
std::string status_in(const cluster_answer& answer, const std::string& node) {
  auto read = json::parse(std::get<std::string>(answer));
  for (const auto& one : read.at("nodes").as_array())
    if (one.at("name").as_string() == node)
      return std::string{one.at("status").as_string()};
  return {};
}

/// Another operator is faster, or the node ends, between the look and the change.
struct outrun_coordination : memory_coordination {
  using memory_coordination::memory_coordination;

  bool change_status(incarnation it, node_status to) override {
    memory_coordination::change_status(it, node_status::left);
    return memory_coordination::change_status(it, to);
  }
};

struct fixture {
  incarnation start(const std::string& name, node_status status = node_status::up) {
    auto number = std::get<incarnation>(store.join({name, "process of " + name, {}, {}, "1.2.3", 1, 1, 100}));
    if (status != node_status::joining)
      store.change_status(number, node_status::up);
    if (status == node_status::draining)
      store.change_status(number, status);
    return number;
  }

  node_status status_of(incarnation it) { return store.find(it)->status; }

  std::shared_ptr<memory_books> books = std::make_shared<memory_books>();
  memory_coordination store{books};
  int opened = 0;
  node::cluster_desk desk{{.name = "a",
                           .open =
                               [this] {
                                 ++opened;
                                 return std::make_unique<memory_coordination>(books);
                               },
                           .alone = {}}};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("any node says how all of them stand, over one connection") {
  start("a");
  start("b", node_status::draining);
  memory_store{books}.add_event({domain::event_id{"gala"}, "{}"}, 3);
  auto answer = json::parse(std::get<std::string>(answer_of(desk, cluster_call::status)));
  CHECK_EQ(answer.at("seen_by").as_string(), "a");
  CHECK_EQ(answer.at("level").as_int64(), 1);
  CHECK_EQ(answer.at("nodes").as_array().size(), 2u);
  CHECK_EQ(answer.at("nodes").at(1).at("status").as_string(), "draining");
  CHECK_EQ(answer.at("events").at(0).at("event").as_string(), "gala");
  CHECK_EQ(answer.at("events").at(0).at("shards").as_int64(), 5);
  answer_of(desk, cluster_call::status);
  CHECK_EQ(opened, 1);
}

SCENARIO("a node is drained and undrained by its name, by way of any node, and both may be repeated") {
  start("a");
  auto b = start("b");
  for (int i = 0; i < 2; ++i) {
    CHECK_EQ(status_in(answer_of(desk, cluster_call::drain, "b"), "b"), "draining");
    CHECK(status_of(b) == node_status::draining);
  }
  for (int i = 0; i < 2; ++i) {
    CHECK_EQ(status_in(answer_of(desk, cluster_call::undrain, "b"), "b"), "up");
    CHECK(status_of(b) == node_status::up);
  }
}

SCENARIO("the last node that is up is not drained, and one that joins neither is nor takes its place") {
  auto a = start("a");
  start("b", node_status::draining);
  start("c", node_status::joining);
  CHECK_EQ(conflict_in(answer_of(desk, cluster_call::drain, "a")),
           "Node a is the last one that is up: nobody could take its shards.");
  CHECK(status_of(a) == node_status::up);
  CHECK_EQ(conflict_in(answer_of(desk, cluster_call::drain, "c")),
           "Node c is still joining the others: it has nothing to give.");
  CHECK_EQ(conflict_in(answer_of(desk, cluster_call::undrain, "c")),
           "Node c is still joining the others: it does not drain.");
}

SCENARIO("a node that is about to end is not undrained") {
  start("a");
  auto b = start("b", node_status::draining);
  node::node_figures figures;
  figures.is_stopping = true;
  CHECK(store.beat(b, encode(figures)).has_value());
  CHECK_EQ(conflict_in(answer_of(desk, cluster_call::undrain, "b")),
           "Node b is stopping: it drains until it has ended.");
  CHECK(status_of(b) == node_status::draining);
  WHEN("it has not said so in a way that can be read") {
    CHECK(store.beat(b, "garbage").has_value());
    CHECK_EQ(status_in(answer_of(desk, cluster_call::undrain, "b"), "b"), "up");
  }
}

SCENARIO("nobody is taken for another one who is not there") {
  start("a");
  auto b = start("b");
  store.change_status(b, node_status::left);
  for (const auto* unknown : {"b", "B", "", "a "})
    for (auto what : {cluster_call::drain, cluster_call::undrain}) {
      auto answer = answer_of(desk, what, unknown);
      REQUIRE(is_refusal(answer, domain::rejection::not_found));
      CHECK_EQ(std::get<domain::refusal>(answer).detail, std::string{"No node that lives is called "} + unknown + ".");
    }
}

SCENARIO("who is outrun is told so") {
  start("a");
  start("b");
  start("c", node_status::draining);
  node::cluster_desk slow{
      {.name = "a", .open = [this] { return std::make_unique<outrun_coordination>(books); }, .alone = {}}};
  CHECK_EQ(conflict_in(answer_of(slow, cluster_call::drain, "b")),
           "Node b has just ended, or another operator was faster: look at it again.");
  CHECK_EQ(conflict_in(answer_of(slow, cluster_call::undrain, "c")),
           "Node c has just ended, or another operator was faster: look at it again.");
}

SCENARIO("a wish that everything move to its place is noted in the store") {
  start("a");
  auto answer = answer_of(desk, cluster_call::rebalance);
  CHECK_EQ(json::parse(std::get<std::string>(answer)).at("rebalances").as_int64(), 1);
  answer_of(desk, cluster_call::rebalance);
  CHECK_EQ(store.members().rebalances, 2u);
}

SCENARIO("while the store is away nobody knows how the nodes stand, and the log says why") {
  start("a");
  log::captured_log logged{"node"};
  answer_of(desk, cluster_call::status);
  books->set(store_fault::unavailable);
  for (auto what : {cluster_call::status, cluster_call::drain, cluster_call::rebalance})
    CHECK(is_refusal(answer_of(desk, what, "a"), domain::rejection::store_unavailable));
  CHECK_EQ(logged.count("[000000000000002a] the store does not say how the nodes stand: "), 3);
  books->set(store_fault::none);
  CHECK_EQ(status_in(answer_of(desk, cluster_call::status), "a"), "up");
  CHECK_GT(opened, 1); // over another connection
}

SCENARIO("a node that serves its store alone shows itself, and has nobody to drain or to rebalance") {
  node::cluster_picture self;
  self.all.members.push_back({});
  node::cluster_desk alone{{.name = {}, .open = {}, .alone = [&self] { return self; }}};
  CHECK_EQ(json::parse(std::get<std::string>(answer_of(alone, cluster_call::status))).at("nodes").as_array().size(),
           1u);
  for (auto what : {cluster_call::drain, cluster_call::undrain, cluster_call::rebalance})
    CHECK_EQ(conflict_in(answer_of(alone, what, "a")), "This node serves its store alone: there are no others.");
}

SCENARIO("a desk that has too much to do, or has stopped, says so at once") {
  start("a");
  std::promise<void> opening, may_open;
  node::cluster_desk slow{{.name = "a",
                           .open =
                               [&] {
                                 opening.set_value();
                                 may_open.get_future().wait();
                                 return std::make_unique<memory_coordination>(books);
                               },
                           .alone = {}}};
  std::vector<std::future<cluster_answer>> answers;
  auto ask_one = [&] {
    auto said = std::make_shared<std::promise<cluster_answer>>();
    answers.push_back(said->get_future());
    slow.ask({{}, cluster_call::rebalance, {}}, [said](cluster_answer answer) { said->set_value(std::move(answer)); });
  };
  ask_one();
  opening.get_future().wait(); // it is under way
  for (int i = 0; i < 17; ++i)
    ask_one();
  CHECK(is_refusal(answers.back().get(), domain::rejection::overloaded));
  answers.pop_back();
  may_open.set_value();
  for (auto& one : answers)
    CHECK_EQ(status_in(one.get(), "a"), "up");
  CHECK_EQ(store.members().rebalances, 17u);
  slow.stop();
  CHECK(is_refusal(answer_of(slow, cluster_call::status), domain::rejection::overloaded));
}

END_FIXTURE_SCOPE()
