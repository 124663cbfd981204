#define CAF_SUITE cluster.census_links

#include "tests/cluster/census_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;

namespace {

using numbers = std::vector<std::uint64_t>;
using persistence::end_answer;

struct fixture : census_fixture {
  void hear_cut_off(const one_node& node, const one_node& other, bool cut_off) {
    caf::anon_send(node.census, messages::store_cut_off{other.number().value(), cut_off});
    settle();
  }

  /// Somebody else ends a node.
  void end_by_hand(const one_node& node) {
    CHECK((store.end_silent(node.number(), store.find(node.number())->beat, "by hand") == end_answer::ended));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

// ---- joining ----

SCENARIO("a node that has links takes nothing on before it reaches everybody who serves") {
  GIVEN("a first node, which is up at once") {
    auto a = start_linked("a");
    CHECK((status_of(a) == node_status::up));
    CHECK((takers_in(a.view()) == numbers{1}));
    CHECK_EQ(a.view().nodes.front().link, "a:4201");
    auto b = start_linked("b");
    pass(3s);
    CHECK((status_of(b) == node_status::joining));
    CHECK_EQ(b.view().me, 2u);
    CHECK_EQ(b.view().owner, store.find(b.number())->card.owner);
    CHECK((numbers_in(b.view()) == numbers{1, 2}));
    CHECK((takers_in(b.view()) == numbers{1}));
    CHECK((numbers_in(a.view()) == numbers{1, 2}));
    CHECK((b.heard->switchboard_views == b.heard->views));
    WHEN("others join, and one gives its shards away") {
      auto c = start_linked("c");
      link(a, c);
      CHECK((status_of(c) == node_status::up)); // it does not wait for one who waits
      link(a, b);
      store.change_status(c.number(), node_status::draining);
      pass(250ms);
      CHECK((status_of(b) == node_status::joining));
      link(b, c);
      THEN("each is up as soon as it reaches whoever serves, and everybody hears of it") {
        CHECK((status_of(b) == node_status::up));
        CHECK((takers_in(b.view()) == numbers{1, 2}));
        pass(250ms);
        CHECK((takers_in(a.view()) == numbers{1, 2}));
        CHECK((a.heard->switchboard_views == a.heard->views));
        CHECK((b.heard->switchboard_views == b.heard->views));
        CHECK_EQ(cuts_noted(), "");
      }
    }
  }
}

SCENARIO("a node that is joining waits no more for one that has left") {
  GIVEN("a node that reaches one of two") {
    auto nodes = start_all_linked({"a", "b"});
    auto c = start_linked("c");
    link(nodes[0], c);
    hear(c, nodes[1], link_state::silent);
    pass(3s);
    CHECK((status_of(c) == node_status::joining));
    CHECK_EQ(cuts_noted(), "");
    end(nodes[1], caf::exit_reason::user_shutdown);
    pass(250ms);
    CHECK((status_of(c) == node_status::up));
    CHECK((takers_in(c.view()) == numbers{1, 3}));
  }
}

SCENARIO("a node that is joining ends only whoever is silent to the store for six seconds") {
  GIVEN("a cluster whose only node is killed while another one joins") {
    auto a = start_linked("a");
    auto b = start_linked("b");
    end(a, caf::exit_reason::kill);
    hear(b, a, link_state::refused);
    pass(5'900ms);
    CHECK((status_of(a) == node_status::up));
    CHECK((status_of(b) == node_status::joining));
    pass(800ms);
    CHECK((status_of(a) == node_status::dead));
    CHECK_EQ(store.find(a.number())->why, "its beat stands still");
    CHECK((status_of(b) == node_status::up));
    CHECK((takers_in(b.view()) == numbers{2}));
  }
}

SCENARIO("a node that was ended has links to nobody when it joins again") {
  GIVEN("three nodes, one of which was ended") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &b = nodes[1], &c = nodes[2];
    pass(2s);
    auto before = b.number();
    end_by_hand(b);
    pass(3s);
    CHECK((b.number() != before));
    CHECK((status_of(b) == node_status::joining));
    CHECK((b.heard->switchboard_views == b.heard->views));
    link(a, b);
    CHECK((status_of(b) == node_status::joining));
    link(b, c);
    CHECK((status_of(b) == node_status::up));
    pass(5s);
    CHECK((takers_in(a.view()) == numbers{1, 3, 4}));
    CHECK((a.view().nodes == b.view().nodes));
  }
}

// ---- what is noted ----

SCENARIO("a cut is noted once, and lifted when the link is up again") {
  GIVEN("three nodes") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &c = nodes[2];
    pass(3s);
    CHECK_EQ(a.way->notes, 0);
    hear(a, c, link_state::silent);
    CHECK_EQ(cuts_noted(), "1~3 ");
    pass(600ms);
    hear(a, c, link_state::silent);
    CHECK_EQ(a.way->notes, 1);
    hear(a, c, link_state::refused);
    CHECK_EQ(cuts_noted(), "1!3 ");
    CHECK_EQ(a.way->notes, 2);
    hear(a, c, link_state::up);
    CHECK_EQ(cuts_noted(), "");
    pass(10s);
    CHECK_EQ(a.way->notes, 2);
    CHECK((takers_in(a.view()) == numbers{1, 2, 3}));
  }
}

SCENARIO("what the store has not heard of a link it hears when it answers again") {
  GIVEN("two nodes whose store is away while their link goes") {
    auto nodes = start_all_linked({"a", "b"});
    pass(1s);
    books->set(store_fault::unavailable);
    pass(500ms);
    link(nodes[0], nodes[1], link_state::silent);
    pass(2s);
    books->set(store_fault::none);
    CHECK_EQ(cuts_noted(), "");
    pass(250ms);
    CHECK_EQ(cuts_noted(), "1~2 2~1 ");
    WHEN("the note is lost, too, and noted anew, and the link comes back while the store is away") {
      store.lift_cut(nodes[0].number(), nodes[1].number());
      pass(250ms);
      CHECK_EQ(cuts_noted(), "1~2 2~1 ");
      books->set(store_fault::unavailable);
      link(nodes[0], nodes[1]);
      pass(5s);
      books->set(store_fault::none);
      pass(250ms);
      THEN("nobody goes") {
        CHECK_EQ(cuts_noted(), "");
        pass(5s);
        CHECK((takers_in(nodes[0].view()) == numbers{1, 2}));
        CHECK((status_of(nodes[1]) == node_status::up));
      }
    }
  }
}

SCENARIO("however much a link says at once, the store is asked a few times") {
  GIVEN("a link that comes and goes") {
    auto nodes = start_all_linked({"a", "b"});
    auto before = nodes[0].way->calls;
    for (int i = 0; i < 500; ++i)
      for (auto state : {link_state::silent, link_state::up})
        caf::anon_send(nodes[0].census, messages::link_changed{2, 9, state});
    settle();
    CHECK_LE(nodes[0].way->calls - before, 4);
    CHECK_EQ(cuts_noted(), "");
    before = nodes[0].way->calls;
    hear(nodes[0], nodes[1], link_state::up);
    CHECK_EQ(nodes[0].way->calls, before);
  }
}

// ---- who goes ----

SCENARIO("a node that was killed is ended as soon as everybody is refused") {
  GIVEN("three nodes, one of which is killed") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &b = nodes[1], &c = nodes[2];
    pass(3'100ms);
    auto begun = present();
    end(c, caf::exit_reason::kill);
    hear(a, c, link_state::refused);
    CHECK_EQ(cuts_noted(), "1!3 ");
    CHECK((status_of(c) == node_status::up));
    hear(b, c, link_state::refused);
    CHECK((status_of(c) == node_status::dead));
    CHECK((present() == begun));
    CHECK_EQ(store.find(c.number())->why, "its port refuses everybody");
    CHECK((takers_in(b.view()) == numbers{1, 2}));
    CHECK((b.heard->switchboard_views == b.heard->views));
    pass(250ms);
    CHECK((takers_in(a.view()) == numbers{1, 2}));
    WHEN("one of the two that are left is killed, too") {
      end(a, caf::exit_reason::kill);
      hear(b, a, link_state::refused);
      CHECK((status_of(a) == node_status::dead));
      CHECK((takers_in(b.view()) == numbers{2}));
    }
  }
}

SCENARIO("two of three that are killed at once are ended by the third") {
  GIVEN("the oldest and the youngest killed") {
    auto nodes = start_all_linked({"a", "b", "c"});
    end(nodes[0], caf::exit_reason::kill);
    end(nodes[2], caf::exit_reason::kill);
    hear(nodes[1], nodes[0], link_state::refused);
    CHECK((status_of(nodes[0]) == node_status::up));
    hear(nodes[1], nodes[2], link_state::refused);
    CHECK((takers_in(nodes[1].view()) == numbers{2}));
  }
}

SCENARIO("a node that is refused to one and reached by another stays") {
  GIVEN("three nodes, and a machine that refuses one of them for a moment") {
    auto nodes = start_all_linked({"a", "b", "c"});
    hear(nodes[0], nodes[2], link_state::refused);
    pass(900ms);
    hear(nodes[0], nodes[2], link_state::up);
    pass(5s);
    CHECK((takers_in(nodes[0].view()) == numbers{1, 2, 3}));
  }
}

SCENARIO("a node that is silent to two others and to the store goes when its beat has stood still for long enough") {
  GIVEN("three nodes, one of which stands still since it has beaten") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &b = nodes[1], &c = nodes[2];
    pass(3'100ms); // it has beaten 100 ms ago
    end(c, caf::exit_reason::kill);
    pass(500ms);
    hear(a, c, link_state::silent);
    WHEN("both hear nothing of it") {
      hear(b, c, link_state::silent);
      pass(700ms);
      CHECK((status_of(c) == node_status::up));
      pass(550ms);
      CHECK((status_of(c) == node_status::dead));
      CHECK_EQ(store.find(c.number())->why, "nobody reaches it, and its beat stands still");
      CHECK((takers_in(a.view()) == numbers{1, 2}));
    }
  }
  GIVEN("one that is silent to one of them alone") {
    start_over();
    auto nodes = start_all_linked({"a", "b", "c"});
    pass(3'100ms);
    end(nodes[2], caf::exit_reason::kill);
    hear(nodes[0], nodes[2], link_state::silent);
    pass(5'800ms);
    CHECK((status_of(nodes[2]) == node_status::up));
    pass(700ms);
    CHECK((status_of(nodes[2]) == node_status::dead));
  }
}

SCENARIO("when two of three cannot reach each other and all beat, the older of the two stays") {
  GIVEN("a cut between the oldest and the youngest") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &b = nodes[1], &c = nodes[2];
    pass(3s);
    link(a, c, link_state::silent);
    CHECK_EQ(cuts_noted(), "1~3 3~1 ");
    pass(900ms);
    CHECK((takers_in(b.view()) == numbers{1, 2, 3}));
    pass(600ms);
    CHECK((store.find(incarnation{3})->status == node_status::dead));
    CHECK_EQ(store.find(incarnation{3})->why, "it is cut off from nodes that stay");
    CHECK_EQ(cuts_noted(), "");
    pass(1s);
    CHECK((c.number() == incarnation{4}));
    CHECK((status_of(c) == node_status::joining));
    WHEN("it reaches the other one, and at last the oldest, too") {
      link(b, c);
      hear(c, a, link_state::silent);
      pass(20s);
      CHECK((status_of(c) == node_status::joining));
      CHECK_EQ(cuts_noted(), "");
      link(a, c);
      pass(250ms);
      THEN("all three serve") {
        for (const auto& one : nodes)
          CHECK((takers_in(one.view()) == numbers{1, 2, 4}));
      }
    }
  }
}

SCENARIO("a cut that is over within a second ends nobody") {
  GIVEN("three nodes, two of which do not reach each other for a moment, again and again") {
    auto nodes = start_all_linked({"a", "b", "c"});
    pass(3s);
    for (int i = 0; i < 5; ++i) {
      link(nodes[0], nodes[2], link_state::silent);
      pass(800ms);
      link(nodes[0], nodes[2]);
      CHECK_EQ(cuts_noted(), "");
      pass(300ms);
    }
    CHECK((takers_in(nodes[1].view()) == numbers{1, 2, 3}));
  }
}

SCENARIO("a cut that was over before the store came back ends nobody") {
  GIVEN("three nodes whose store is away before a cut between two has lasted for a second") {
    auto nodes = start_all_linked({"a", "b", "c"});
    pass(3'100ms);
    link(nodes[1], nodes[2], link_state::silent);
    pass(950ms); // all have beaten since
    books->set(store_fault::unavailable);
    pass(3s);
    link(nodes[1], nodes[2]);
    pass(2s);
    books->set(store_fault::none);
    pass(5s);
    CHECK((takers_in(nodes[0].view()) == numbers{1, 2, 3}));
    CHECK_EQ(cuts_noted(), "");
  }
}

SCENARIO("of two nodes that are cut from each other the older stays, or the one that beats") {
  GIVEN("a cut between two that beat") {
    auto nodes = start_all_linked({"a", "b"});
    link(nodes[0], nodes[1], link_state::silent);
    pass(2s);
    CHECK((takers_in(nodes[0].view()) == numbers{1}));
    CHECK((status_of(nodes[0]) == node_status::up));
    CHECK((status_of(nodes[1]) == node_status::joining));
  }
  GIVEN("a cut between two, the older of which does not reach the store either") {
    start_over();
    auto nodes = start_all_linked({"a", "b"});
    nodes[0].way->is_cut = true;
    pass(2s);
    link(nodes[0], nodes[1], link_state::silent);
    pass(500ms);
    CHECK((status_of(nodes[0]) == node_status::dead));
    CHECK((takers_in(nodes[1].view()) == numbers{2}));
  }
}

// ---- cut off from the store ----

SCENARIO("a node whose beats do not get through for two seconds says so") {
  GIVEN("a node whose store refuses it") {
    auto nodes = start_all_linked({"a", "b"});
    auto& b = nodes[1];
    pass(3'100ms); // it has beaten 100 ms ago
    b.way->is_cut = true;
    pass(1'800ms);
    CHECK(b.heard->cut_off.empty());
    CHECK(may_answer(b));
    pass(200ms);
    CHECK((b.heard->cut_off == std::vector{true}));
    CHECK(!may_answer(b)); // others may have its shards from now on
    pass(1s);
    CHECK((b.heard->cut_off == std::vector{true}));
    b.way->is_cut = false;
    pass(250ms);
    CHECK((b.heard->cut_off == std::vector{true, false}));
    CHECK(may_answer(b));
    WHEN("the store does not answer at all, and each call takes a second") {
      pass(2s);
      b.way->is_cut = true;
      b.way->patience = 1s;
      pass(1s); // the one call was begun a second after the last beat
      CHECK((b.heard->cut_off == std::vector{true, false, true}));
      b.way->is_cut = false;
      end_by_hand(b);
      pass(250ms);
      THEN("one that was ended meanwhile has nothing more to say") {
        CHECK((b.heard->cut_off == std::vector{true, false, true, false}));
        CHECK((status_of(b) == node_status::joining));
        pass(3s);
        CHECK_EQ(b.heard->cut_off.size(), 4u);
      }
    }
  }
}

SCENARIO("a node that says that it cannot reach the store goes when its beat has stood still for long enough") {
  GIVEN("three nodes, one of which is cut off from the store") {
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &c = nodes[2];
    pass(3'100ms);
    c.way->is_cut = true;
    pass(500ms);
    hear_cut_off(a, c, true);
    pass(700ms);
    CHECK((status_of(c) == node_status::up));
    pass(550ms);
    CHECK((status_of(c) == node_status::dead));
    CHECK_EQ(store.find(c.number())->why, "it cannot reach the store");
  }
  GIVEN("one that takes it back, and one that beats all the same") {
    start_over();
    auto nodes = start_all_linked({"a", "b", "c"});
    auto &a = nodes[0], &b = nodes[1], &c = nodes[2];
    pass(3'100ms);
    hear_cut_off(a, b, true);
    hear_cut_off(a, c, true);
    c.way->is_cut = true;
    pass(900ms);
    hear_cut_off(a, c, false);
    pass(3s);
    c.way->is_cut = false;
    pass(3s);
    CHECK((takers_in(a.view()) == numbers{1, 2, 3}));
    CHECK((status_of(b) == node_status::up));
  }
}

END_FIXTURE_SCOPE()
