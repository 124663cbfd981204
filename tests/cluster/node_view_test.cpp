#define CAF_SUITE cluster.node_view

#include "cluster/node_view.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::cluster;

namespace {

const domain::event_id gala{"gala"};

std::vector<messages::node_seen> three_nodes() {
  return {{11, "a", "process a", 100, true}, {12, "b", "process b", 100, false}, {13, "c", "process c", 100, true}};
}

} // namespace

SCENARIO("shards belong to the nodes that may have some, by their numbers") {
  GIVEN("three nodes, one of which gives its shards away") {
    node_view view;
    view.see(three_nodes());
    auto homes = view.homes(gala, 20);
    THEN("it has none, and every shard is where placement says") {
      std::vector<candidate> both{{"a"}, {"c"}};
      auto places = place(gala, 20, both);
      REQUIRE_EQ(homes.size(), places.size());
      for (std::size_t i = 0; i < homes.size(); ++i)
        CHECK_EQ(homes[i], places[i] == 0 ? 11u : 13u);
    }
  }
}

SCENARIO("whoever is seen lives, whether it may have shards or not") {
  GIVEN("three nodes, of which one is not seen any more") {
    node_view view;
    view.see(three_nodes());
    CHECK(view.lives("process b"));
    CHECK(!view.lives("process x"));
    auto fewer = three_nodes();
    fewer.erase(fewer.begin());
    view.see(fewer);
    THEN("it does not live, and has no shards") {
      CHECK(!view.lives("process a"));
      auto homes = view.homes(gala, 20);
      CHECK_EQ(std::count(homes.begin(), homes.end(), 13u), 22);
    }
  }
}

SCENARIO("nothing belongs anywhere while nobody may have shards") {
  node_view view;
  CHECK(view.homes(gala, 3).empty());
  CHECK(!view.lives(""));
}
