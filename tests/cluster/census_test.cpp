#define CAF_SUITE cluster.census

#include "cluster/census.hpp"

#include "tests/actors/shard_fixture.hpp"
#include "tests/support/memory_coordination.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <functional>
#include <utility>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;

namespace {

using persistence::store_broken;

/// A node's way to the store.
struct line {
  bool is_cut = false;    ///< no beat gets through
  bool is_broken = false; ///< beats do, but the store cannot be used
};

class lined_coordination : public memory_coordination {
public:
  lined_coordination(std::shared_ptr<memory_books> books, std::shared_ptr<line> way)
      : memory_coordination(std::move(books)), way_(std::move(way)) {}

  std::optional<persistence::counted_beat> beat(incarnation me) override {
    if (way_->is_cut)
      throw persistence::store_unavailable{"the line is cut"};
    if (way_->is_broken)
      throw store_broken{"nobody knows this table"};
    return memory_coordination::beat(me);
  }

private:
  std::shared_ptr<line> way_;
};

/// What a node's keeper, and its process, have heard.
struct told {
  std::vector<messages::view_changed> views;
  int store_changes = 0;
  std::vector<std::string> fatal;
  std::vector<incarnation> joined;
};

struct one_node {
  census_settings settings;
  std::shared_ptr<line> way = std::make_shared<line>();
  std::shared_ptr<serving_right> right;
  std::shared_ptr<told> heard = std::make_shared<told>();
  caf::actor census;

  [[nodiscard]] incarnation number() const { return heard->joined.back(); }
  [[nodiscard]] const messages::view_changed& view() const { return heard->views.back(); }
};

struct fixture : shard_fixture {
  tick present() { return sched.clock().now(); }

  one_node make_node(const std::string& name) {
    one_node node;
    node.settings.card = {name, {}, name + ":4201", name + ":4200", "1.2.3", 1, 1, 100};
    serving_right_limits limits{.asleep = 1h}; // its thread is not here
    if (name.empty())
      limits.lease.reset();
    node.right = std::make_shared<serving_right>(limits);
    node.right->note_time(present());
    return node;
  }

  census_ports ports_of(const one_node& node) {
    census_ports ports;
    ports.open = [where = books, way = node.way] { return std::make_unique<lined_coordination>(where, way); };
    ports.draw_owner = [this] { return "process " + std::to_string(++owners); };
    ports.right = node.right;
    ports.now = [this] { return present(); };
    ports.on_fatal = [heard = node.heard](const std::string& why) { heard->fatal.push_back(why); };
    ports.joined = [heard = node.heard](incarnation number) { heard->joined.push_back(number); };
    return ports;
  }

  life enter(const one_node& node) {
    return join(node.settings, ports_of(node), [this](std::chrono::milliseconds time) { pass(time, 50ms); });
  }

  /// The sentence with which the node is refused.
  std::string refusal_of(const one_node& node) {
    try {
      (void)enter(node);
      return {};
    } catch (const store_broken& why) {
      return why.what();
    }
  }

  one_node start(one_node node) {
    auto first = enter(node);
    auto keeper = keep(sys.spawn([heard = node.heard](caf::event_based_actor*) -> caf::behavior {
      return {
          [heard](const messages::view_changed& view) { heard->views.push_back(view); },
          [heard](messages::store_changed) { ++heard->store_changes; },
      };
    }));
    node.census = keep(spawn_census(sys, node.settings, ports_of(node), first,
                                    caf::actor_cast<messages::keeper_actor>(keeper), census_thread::shared));
    settle();
    return node;
  }

  one_node start(const std::string& name) { return start(make_node(name)); }

  void end(const one_node& node, caf::exit_reason how) {
    self->send_exit(node.census, how);
    settle();
  }

  bool may_answer(const one_node& node) {
    node.right->note_time(present());
    return node.right->holds(present());
  }

  node_status status_of(incarnation number) { return store.find(number)->status; }

  memory_coordination store{books};
  int owners = 0;
};

std::vector<std::uint64_t> numbers_in(const messages::view_changed& view) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(view.nodes.size());
  for (const auto& one : view.nodes)
    numbers.push_back(one.number);
  return numbers;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a node beats once a second, and tells its keeper at once who it is") {
  GIVEN("a node with a name and a weight") {
    auto node = make_node("a");
    node.settings.card.weight = 70;
    node = start(node);
    REQUIRE_EQ(node.heard->views.size(), 1u);
    CHECK_EQ(node.view().me, 1u);
    CHECK_EQ(node.view().owner, "process 1");
    CHECK((node.view().nodes == std::vector{messages::node_seen{1, "a", "process 1", 70, true}}));
    CHECK((node.heard->joined == std::vector{incarnation{1}}));
    CHECK(may_answer(node));
    pass(5s);
    CHECK_EQ(store.members().members.front().beat, 6u);
    CHECK_EQ(node.heard->views.size(), 1u);
    CHECK(node.heard->fatal.empty());
  }
}

SCENARIO("nodes see each other come, change and leave") {
  GIVEN("two nodes") {
    auto a = start("a");
    auto b = start("b");
    CHECK((numbers_in(b.view()) == std::vector<std::uint64_t>{1, 2}));
    pass(250ms);
    CHECK((numbers_in(a.view()) == std::vector<std::uint64_t>{1, 2}));
    CHECK(a.view().nodes.back().may_take);
    store.change_status(b.number(), node_status::draining);
    pass(250ms);
    CHECK(!a.view().nodes.back().may_take);
    CHECK(!b.view().nodes.back().may_take);
    WHEN("one ends") {
      end(b, caf::exit_reason::user_shutdown);
      THEN("it has left, and answers no more") {
        CHECK((status_of(b.number()) == node_status::left));
        CHECK(!may_answer(b));
        pass(250ms);
        CHECK((numbers_in(a.view()) == std::vector<std::uint64_t>{1}));
        CHECK_EQ(a.heard->views.size(), 4u);
      }
    }
  }
}

SCENARIO("a node that does not beat for six seconds is ended by another, and joins again when it hears of it") {
  GIVEN("two nodes, and one of them does not get through to the store") {
    auto a = start("a");
    auto b = start("b");
    pass(3'100ms);
    auto owner = b.view().owner;
    b.way->is_cut = true; // it has beaten 100 ms ago
    pass(4'800ms);
    CHECK(may_answer(b));
    pass(200ms);
    CHECK(!may_answer(b));
    pass(900ms);
    CHECK((status_of(b.number()) == node_status::up));
    pass(500ms);
    CHECK((status_of(b.number()) == node_status::dead));
    CHECK_EQ(store.find(b.number())->why, "its beat stood still for 6 s");
    CHECK((numbers_in(a.view()) == std::vector<std::uint64_t>{1}));
    CHECK(may_answer(a));
    CHECK_EQ(b.view().me, 2u);
    WHEN("it gets through again") {
      b.way->is_cut = false;
      pass(250ms);
      THEN("it was nobody, and is somebody else") {
        auto& views = b.heard->views;
        REQUIRE_EQ(views.size(), 3u);
        CHECK((views[1] == messages::view_changed{}));
        CHECK_EQ(views[2].me, 3u);
        CHECK_NE(views[2].owner, owner);
        CHECK((numbers_in(views[2]) == std::vector<std::uint64_t>{1, 3}));
        CHECK(views[2].nodes.back().may_take);
        CHECK((b.heard->joined == std::vector{incarnation{2}, incarnation{3}}));
        CHECK(may_answer(b));
        pass(250ms);
        CHECK((numbers_in(a.view()) == std::vector<std::uint64_t>{1, 3}));
        pass(20s);
        CHECK((status_of(b.number()) == node_status::up));
        CHECK(b.heard->fatal.empty());
      }
    }
  }
}

SCENARIO("a node that was ended joins again as soon as nobody else has its name") {
  GIVEN("a node that was ended, and another process that has its name since") {
    auto a = start("a");
    auto b = start("b");
    b.way->is_cut = true;
    pass(7s);
    auto next = start("b");
    b.way->is_cut = false;
    pass(10s);
    CHECK((b.view() == messages::view_changed{}));
    CHECK(!may_answer(b));
    WHEN("that one leaves") {
      end(next, caf::exit_reason::user_shutdown);
      pass(500ms);
      CHECK_EQ(b.view().me, b.number().value());
      CHECK((status_of(b.number()) == node_status::up));
      CHECK(may_answer(b));
      CHECK((numbers_in(a.view()) == std::vector<std::uint64_t>{1, b.number().value()}));
    }
  }
}

SCENARIO("nobody is ended because the store was away") {
  GIVEN("two nodes whose store is away for ten seconds") {
    auto a = start("a");
    auto b = start("b");
    pass(1s);
    auto views = a.heard->views.size();
    books->set(store_fault::unavailable);
    pass(10s);
    CHECK(!may_answer(a));
    books->set(store_fault::none);
    pass(250ms);
    CHECK(may_answer(a));
    CHECK(may_answer(b));
    pass(10s);
    CHECK((status_of(a.number()) == node_status::up));
    CHECK((status_of(b.number()) == node_status::up));
    CHECK_EQ(a.heard->views.size(), views);
    CHECK(a.heard->fatal.empty());
  }
}

SCENARIO("a beat of which nobody heard gives no right") {
  GIVEN("a node whose beats are counted while the answers are lost") {
    auto a = start("a");
    books->set(store_fault::lost_answer);
    pass(10s);
    CHECK(!may_answer(a));
    books->set(store_fault::none);
    pass(250ms);
    CHECK(may_answer(a));
    CHECK((a.heard->joined == std::vector{incarnation{1}}));
  }
}

SCENARIO("a node without a name is replaced at once by another one, and stops") {
  GIVEN("a node that serves the store alone") {
    auto first = start("");
    CHECK((first.view().nodes == std::vector{messages::node_seen{1, "", "process 1", 100, true}}));
    books->set(store_fault::unavailable);
    pass(60s);
    CHECK(may_answer(first)); // from memory
    books->set(store_fault::none);
    pass(1s);
    WHEN("another one starts") {
      auto begun = present();
      auto second = start("");
      CHECK((present() == begun));
      pass(1s);
      REQUIRE_EQ(first.heard->fatal.size(), 1u);
      CHECK(has(first.heard->fatal.front(), "was taken over by another process"));
      CHECK(!may_answer(first));
      CHECK(may_answer(second));
      CHECK_EQ(second.view().me, 2u);
      pass(10s);
      CHECK_EQ(first.heard->fatal.size(), 1u);
      CHECK(second.heard->fatal.empty());
      end(second, caf::exit_reason::user_shutdown);
      CHECK((status_of(second.number()) == node_status::left));
    }
  }
}

SCENARIO("a name that a living node has is refused, with who that is") {
  GIVEN("a node that lives") {
    auto a = start("a");
    auto begun = present();
    auto refused = refusal_of(make_node("a"));
    CHECK((present() - begun >= 7s && present() - begun < 8s));
    for (const auto* part : {"the name \"a\" is taken", "node 1", "a:4201", "a:4200", "up since 20", "cluster.name"})
      CHECK(has(refused, part));
    CHECK((status_of(a.number()) == node_status::up));
    THEN("so is a node without a name, and one that knows other levels") {
      auto nameless = refusal_of(make_node(""));
      CHECK(has(nameless, "served by nodes with names"));
      CHECK(has(nameless, "cluster.name"));
      auto other = make_node("b");
      other.settings.card.level_from = 7;
      other.settings.card.level_to = 9;
      begun = present();
      CHECK(has(refusal_of(other), "on level 1, and this program knows the levels 7 to 9"));
      CHECK((present() == begun));
    }
  }
  GIVEN("a node without a name that lives") {
    books = std::make_shared<memory_books>();
    auto alone = start("");
    auto refused = refusal_of(make_node("a"));
    CHECK(has(refused, "served alone by a node without a name"));
    CHECK(has(refused, "cluster.name"));
    CHECK(alone.heard->fatal.empty());
  }
}

SCENARIO("whoever is in the way and silent is ended within seven seconds") {
  GIVEN("nodes that were killed") {
    auto a = start("a");
    end(a, caf::exit_reason::kill);
    CHECK((status_of(a.number()) == node_status::up));
    auto begun = present();
    auto next = start("a");
    CHECK((present() - begun >= 6s && present() - begun < 7s));
    CHECK((status_of(a.number()) == node_status::dead));
    CHECK((numbers_in(next.view()) == std::vector<std::uint64_t>{2}));
    THEN("a node without a name takes their place, and one with a name its place") {
      end(next, caf::exit_reason::kill);
      auto alone = start("");
      CHECK((status_of(next.number()) == node_status::dead));
      CHECK(may_answer(alone));
      end(alone, caf::exit_reason::kill);
      auto last = start("b");
      CHECK((status_of(alone.number()) == node_status::dead));
      CHECK(may_answer(last));
    }
  }
}

SCENARIO("the store's news reach the keeper") {
  GIVEN("a node that has begun to listen") {
    auto a = start("a");
    auto b = start("b");
    auto& changes = a.heard->store_changes;
    CHECK_EQ(changes, 1); // whatever was said before
    pass(1s);
    CHECK_EQ(changes, 1); // the other one's coming is no news of shards
    memory_store tables{books};
    const domain::event_id rock{"rock"};
    const persistence::owned_shard shard{{domain::shard_kind::event, rock, {}}, domain::epoch{0}};
    tables.add_event({rock, "{}"}, 1);
    pass(250ms);
    CHECK_EQ(changes, 2);
    auto mine = store.claim(b.number(), {&shard, 1}).front().value();
    CHECK(store.give(b.number(), {shard.shard, mine}, a.number()).has_value());
    pass(250ms);
    CHECK_EQ(changes, 3);
  }
}

SCENARIO("a store that cannot be used stops the process, once") {
  GIVEN("a node whose store is broken") {
    auto a = start("a");
    a.way->is_broken = true;
    pass(5s);
    REQUIRE_EQ(a.heard->fatal.size(), 1u);
    CHECK(has(a.heard->fatal.front(), "nobody knows this table"));
  }
}

END_FIXTURE_SCOPE()
