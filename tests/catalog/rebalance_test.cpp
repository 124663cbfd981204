#define CAF_SUITE catalog.rebalance

#include "tests/catalog/sharing_fixture.hpp"

using namespace usher;
using namespace usher::tests;

namespace {

/// Nodes that give nothing to those who join until an operator asks for it.
struct fixture : sharing_fixture {
  fixture() { auto_rebalance = false; }

  void let_time_pass() {
    tell_views();
    hear_news_for(3s);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("nothing moves to a node that joins before an operator asks for it") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  auto& second = start_node("second");
  let_time_pass();
  CHECK_EQ(count_of(second), 0u);
  store.rebalance();
  let_time_pass();
  check_shared_out();
  check_holds();
  WHEN("one more joins") {
    auto& third = start_node("third");
    let_time_pass();
    CHECK_EQ(count_of(third), 0u);
    THEN("to have asked once is not enough for it") {
      store.rebalance();
      let_time_pass();
      CHECK_GT(count_of(third), 0u);
      check_shared_out();
      check_holds();
    }
  }
  check_nobody_stopped();
}

SCENARIO("what a node had that has ended, or drains, goes to others all the same") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  auto& second = start_node("second");
  let_time_pass();
  REQUIRE_EQ(count_of(second), 0u);
  end(first, second);
  let_time_pass();
  CHECK_EQ(count_of(second), row_count + 2u);
  CHECK_EQ(second.runs.tallies->back().served, row_count + 2u);
  join(first);
  let_time_pass();
  REQUIRE_EQ(count_of(first), 0u);
  takes_nothing = {"second"};
  let_time_pass();
  CHECK_EQ(count_of(first), row_count + 2u);
  CHECK_EQ(count_of(second), 0u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("a shard that did not come to rest is tried again at once when an operator asks for it") {
  auto_rebalance = true;
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  auto& second = start_node("second");
  std::vector<cluster::candidate> both{{"first"}, {"second"}};
  auto homes = cluster::place(id, row_count, both);
  std::uint16_t row = 0;
  while (homes.at(row + 2u) != 1)
    ++row;
  // The section is in doubt for as long as somebody has its row locked, and does not come to rest.
  books->lock(section(row), second.number);
  books->set(store_fault::full);
  auto held = hold(first.runs, 50, row, (row + 2) % 4);
  books->set(store_fault::none);
  pass(1s, 50ms);
  CHECK(held->pending());
  tell_views();
  hear_news_for(2s);
  books->let_go(section(row));
  hear_news_for(3s);
  CHECK(!held->pending());
  CHECK_EQ(stored(section(row)).owner, first.owner); // it is not made to rest again so soon
  store.rebalance();
  let_time_pass();
  CHECK_EQ(stored(section(row)).owner, second.owner);
  check_shared_out();
  check_nobody_stopped();
}

END_FIXTURE_SCOPE()
