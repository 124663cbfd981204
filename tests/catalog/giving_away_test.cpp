#define CAF_SUITE cluster.giving_away

#include "tests/catalog/sharing_fixture.hpp"

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

struct fixture : sharing_fixture {
  /// How many of the event's shards nobody can ask on this node just now: their requests wait.
  std::size_t waiting_shards(const node& where) {
    std::size_t all = 0;
    auto note = [&](const auto& outcome) { all += outcome->pending() ? 1u : 0u; };
    for (std::uint16_t row = 0; row < row_count; ++row)
      note(asked<messages::section_view>(where.runs, messages::read_section{{}, id, domain::section_no{row}}));
    note(asked<messages::event_view>(where.runs, messages::describe_event{{}, id}));
    note(asked<domain::queue_place>(where.runs, messages::ask_place{{}, id, domain::buyer_id{"somebody"}, {}}));
    return all;
  }

  /// How many of its shards belong to others.
  std::size_t misplaced_count(const node& where) {
    std::vector<cluster::candidate> candidates;
    std::optional<std::size_t> place;
    for (const auto& one : nodes) {
      if (takes_nothing.contains(one.name))
        continue;
      if (one.name == where.name)
        place = candidates.size();
      candidates.push_back({one.name, 100});
    }
    auto homes = cluster::place(id, row_count, candidates);
    return static_cast<std::size_t>(
        std::count_if(homes.begin(), homes.end(), [&](auto home) { return home != place; }));
  }

  void check_given_away(const node& where) {
    claims->next_gift = gift_fault::none;
    hear_news_for(3s);
    CHECK_EQ(waiting_shards(where), 0u);
    check_nobody_stopped();
  }

  shared_outcome<done> ask_to_leave(const node& which) {
    auto left = ask<done>(which.runs.keeper, messages::shards_left{});
    settle();
    return left;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("no more than four shards wait at a time to be given away") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  CHECK_EQ(waiting_shards(first), 0u);
  start_node("second");
  start_node("third");
  REQUIRE(misplaced_count(first) > 4u);
  claims->next_gift = gift_fault::none_is_made;
  tell_views();
  CHECK_EQ(waiting_shards(first), 4u);
  tell_news(); // another look changes nothing
  CHECK_EQ(waiting_shards(first), 4u);
  check_given_away(first);
  check_shared_out();
  check_holds();
}

SCENARIO("no more than eight do on a node that gives all of them away") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_views();
  create_with_holds(first);
  takes_nothing = {"first"};
  claims->next_gift = gift_fault::none_is_made;
  tell_views();
  CHECK_EQ(waiting_shards(first), 8u);
  check_given_away(first);
  CHECK_EQ(count_of(second), row_count + 2u);
  check_holds();
}

SCENARIO("a node has left when it has given all its shards away, and not before the others know that it is leaving") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  check_shared_out();
  auto left = ask_to_leave(first);
  hear_news_for(1s);
  CHECK(left->pending());
  CHECK_GE(count_of(first), 1u);
  takes_nothing.insert("first");
  claims->next_gift = gift_fault::none_is_made;
  tell_views();
  hear_news_for(1s);
  CHECK(left->pending());
  CHECK_GE(count_of(first), 1u);
  check_given_away(first);
  CHECK(left->reply.has_value());
  CHECK_EQ(count_of(second), row_count + 2u);
  check_holds();
  CHECK(ask_to_leave(first)->reply.has_value()); // once more
}

SCENARIO("a node without any shard has left when the others know that it is leaving") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_view(first);
  create_with_holds(first);
  takes_nothing.clear();
  tell_view(second);
  auto left = ask_to_leave(second); // something may be given to it just now
  CHECK(left->pending());
  takes_nothing.insert("second");
  tell_views();
  CHECK(left->reply.has_value());
  CHECK_EQ(count_of(first), row_count + 2u);
}

SCENARIO("a node leaves with its shards if no other one can take them") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_views();
  create_with_holds(first);
  takes_nothing.insert("first");
  auto left = ask_to_leave(first);
  CHECK(left->pending());
  tell_views();
  CHECK(left->reply.has_value());
  CHECK_EQ(count_of(first), row_count + 2u);
  CHECK_EQ(waiting_shards(first), 0u); // it serves them until it has ended
  CHECK_EQ(count_of(second), 0u);
}

SCENARIO("a node that is nobody has left") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  create_with_holds(first);
  auto left = ask_to_leave(first);
  CHECK(left->pending());
  end(first, second);
  tell_view(first);
  CHECK(left->reply.has_value());
  hear_news_for(1s);
  tell_view(second);
  hear_news_for(2s);
  CHECK_EQ(count_of(second), row_count + 2u);
}

SCENARIO("a node that is to leave no more keeps what it still has, and gets its part back") {
  auto& first = start_node("first");
  start_node("second");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  check_shared_out();
  takes_nothing.insert("first");
  claims->next_gift = gift_fault::none_is_made;
  tell_views();
  auto left = ask_to_leave(first);
  CHECK(left->pending());
  takes_nothing.clear();
  claims->next_gift = gift_fault::none;
  tell_views();
  hear_news_for(12s); // those that were given away meanwhile come back
  CHECK(left->pending());
  check_shared_out();
  check_holds();
  check_nobody_stopped();
}

END_FIXTURE_SCOPE()
