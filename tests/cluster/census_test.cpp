#define CAF_SUITE cluster.census

#include "tests/cluster/census_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <caf/typed_response_promise.hpp>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;

namespace {

using persistence::store_broken;

struct fixture : census_fixture {
  /// The sentence with which the node is refused.
  std::string refusal_of(const one_node& node) {
    try {
      (void)enter(node);
      return {};
    } catch (const store_broken& why) {
      return why.what();
    }
  }

  /// Starts it with a keeper that is busy whenever it is told that it is nobody: what it says in the end, the test
  /// does.
  one_node start_with_busy_keeper(const std::string& name) {
    auto node = make_node(name);
    busy = keep(sys.spawn([heard = node.heard, this](caf::event_based_actor* keeper) -> caf::behavior {
      return {
          [=, this](const messages::view_changed& view) -> caf::result<void> {
            heard->views.push_back(view);
            if (view.me != 0)
              return caf::unit;
            kept_waiting.push_back(keeper->make_response_promise<void>());
            return kept_waiting.back();
          },
          [](messages::store_changed) {},
          [this](bool is_refused) {
            if (is_refused)
              kept_waiting.front().deliver(messages::to_error(domain::rejection::store_unavailable));
            else
              kept_waiting.front().deliver();
          },
      };
    }));
    node.census =
        keep(cluster::spawn_census(sys, node.settings, ports_of(node), enter(node),
                                   caf::actor_cast<messages::keeper_actor>(busy), cluster::census_thread::shared));
    settle();
    return node;
  }

  caf::actor busy;                                             ///< such a keeper: a bool lets it say whether it refuses
  std::vector<caf::typed_response_promise<void>> kept_waiting; ///< by it
};

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
    CHECK((node.view().nodes == std::vector{messages::node_seen{1, "a", "process 1", 70, true, "a:4201"}}));
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
    CHECK_EQ(store.find(b.number())->why, "its beat stands still");
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

SCENARIO("a node that was ended joins again only when its keeper has let go of what it had") {
  for (auto is_refused : {false, true}) {
    start_over();
    kept_waiting.clear();
    auto a = start("a");
    auto b = start_with_busy_keeper("b");
    auto first = b.number();
    auto beat = store.find(first)->beat;
    REQUIRE((store.end_node(a.number(), first, beat, "somebody says so") == persistence::end_answer::ended));
    pass(20s);
    REQUIRE_EQ(kept_waiting.size(), 1u);
    CHECK((b.view() == messages::view_changed{}));
    CHECK((b.heard->joined == std::vector{first}));
    CHECK(!may_answer(b));
    CHECK((numbers_in(a.view()) == std::vector{a.number().value()}));
    caf::anon_send(busy, is_refused);
    settle(); // at once
    REQUIRE_EQ(b.heard->joined.size(), 2u);
    CHECK_EQ(b.view().me, b.number().value());
    CHECK(may_answer(b));
    pass(250ms);
    CHECK((numbers_in(a.view()) == std::vector{a.number().value(), b.number().value()}));
    CHECK_EQ(kept_waiting.size(), 1u);
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
    CHECK((first.view().nodes == std::vector{messages::node_seen{1, "", "process 1", 100, true, ":4201"}}));
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
