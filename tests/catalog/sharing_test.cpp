#define CAF_SUITE cluster.sharing

#include "tests/catalog/sharing_fixture.hpp"

using namespace usher;
using namespace usher::tests;
using domain::rejection;

BEGIN_FIXTURE_SCOPE(sharing_fixture)

SCENARIO("two nodes share the shards of an event, with the holds that were made before") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  CHECK(put(first.runs, "ten rows")->refused_as(rejection::store_unavailable)); // it does not know who it is
  tell_views();
  create_with_holds(first);
  CHECK_EQ(count_of(first), row_count + 2u);
  hear_news_for(3s);
  check_shared_out();
  CHECK_GE(count_of(first), 4u);
  CHECK_GE(count_of(second), 4u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("a start is answered when the node has what belongs to it") {
  auto& first = start_node("first");
  tell_view(first);
  create_with_holds(first);
  auto& second = nodes.emplace_back(node{"second", new_process("second")});
  join(second);
  auto start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  CHECK(start->pending());
  tell_view(second);
  CHECK(start->reply.has_value());
  CHECK_EQ(asked<std::vector<domain::event_id>>(second.runs, messages::list_events{})->reply->size(), 1u);
}

SCENARIO("a start is answered when the store cannot be used") {
  auto& first = start_node("first");
  tell_view(first);
  create_with_holds(first);
  auto& second = nodes.emplace_back(node{"second", new_process("second")});
  join(second);
  auto start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  wrong->broken = true;
  tell_view(second);
  CHECK(start->refused_as(rejection::store_unavailable));
  auto late_start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  CHECK(late_start->refused_as(rejection::store_unavailable));
  CHECK_EQ(second.runs.fatal->size(), 1u);
}

SCENARIO("a node that joins is given its part, each shard once") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  hear_news_for(1s);
  CHECK_EQ(count_of(first), row_count + 2u);
  start_node("second");
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  auto before = stored();
  start_node("third");
  tell_views();
  hear_news_for(3s);
  auto after = stored();
  for (std::size_t i = 0; i < after.size(); ++i)
    CHECK_EQ(after[i].epoch.value(), before[i].epoch.value() + (after[i].owner == before[i].owner ? 0u : 1u));
  check_shared_out();
  CHECK_GE(count_of(nodes.back()), 2u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("what a dead node had is claimed by the others, and its own actors end") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  auto& third = start_node("third");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  check_shared_out();
  auto before = count_of(third);
  REQUIRE(before > 0u);
  end(third, first);
  hear_news_for(1s);
  CHECK_EQ(count_of(third), before); // the others have not heard of it
  tell_view(first);
  tell_view(second);
  hear_news_for(2s);
  CHECK_EQ(count_of(third), 0u);
  check_shared_out();
  check_holds();
  for (const auto& [shard, actors] : shard_actors)
    for (const auto& one : actors)
      if (one.keeper == third.runs.keeper)
        CHECK(*one.ended);
  check_nobody_stopped();
}

SCENARIO("a node that is nobody serves nothing, and goes on with another life") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  end(second, first);
  tell_view(second); // before anybody else
  for (const auto& [shard, actors] : shard_actors)
    for (const auto& one : actors)
      if (one.keeper == second.runs.keeper)
        CHECK(*one.ended);
  CHECK(asked<messages::event_view>(second.runs, messages::describe_event{{}, id})->refused_as(rejection::overloaded));
  for (std::uint16_t row = 0; row < row_count; ++row)
    CHECK(asked<messages::section_view>(second.runs, messages::read_section{{}, id, domain::section_no{row}})
              ->refused_as(rejection::overloaded));
  CHECK(put(second.runs, "eleven rows")->refused_as(rejection::store_unavailable));
  pass(3s, 50ms);
  tell_view(first);
  hear_news_for(1s);
  CHECK_EQ(count_of(first), row_count + 2u);
  auto before = second.number;
  join(second);
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  check_holds();
  check_nobody_stopped();
  // Whoever ends a node ends its sessions by the name of that life.
  for (auto life : {first.number, before, second.number})
    CHECK(claims->acted_for.contains(life));
}

SCENARIO("a gift that nobody heard of is settled by the shard's row") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  for (auto fault : {gift_fault::lost_answer, gift_fault::not_made}) {
    start_node(fault == gift_fault::lost_answer ? "second" : "third");
    claims->next_gift = fault;
    tell_views();
    CHECK(claims->next_gift == gift_fault::none);
    // Meanwhile the one that got it may serve it, and nobody else does.
    for (int i = 0; i < 20; ++i) {
      tell_view(nodes.back());
      for (std::uint16_t row = 0; row < row_count; ++row)
        CHECK_LE(looks(row).size(), 1u);
      if (i > 11)
        check_single(); // the giver has asked the store again
      pass(50ms);
    }
    hear_news_for(3s);
    check_shared_out();
    check_holds();
  }
  check_nobody_stopped();
}

SCENARIO("a shard that does not come to rest is kept, and given away later") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  auto& second = start_node("second");
  // A section that is placed on the second node, but is in doubt for as long as somebody has its row locked.
  std::vector<cluster::candidate> both{{"first"}, {"second"}};
  auto homes = cluster::place(id, row_count, both);
  std::uint16_t row = 0;
  while (homes.at(row + 2u) != 1)
    ++row;
  books->lock(section(row), second.number);
  books->set(store_fault::full);
  auto held = hold(first.runs, 50, row, (row + 2) % 4);
  books->set(store_fault::none);
  CHECK(held->pending());
  pass(1s, 50ms);
  CHECK(held->pending());
  tell_views();
  hear_news_for(500ms);
  CHECK_EQ(stored(section(row)).owner, first.owner);
  auto waiting = asked<messages::section_view>(first.runs, messages::read_section{{}, id, domain::section_no{row}});
  CHECK(waiting->pending());
  hear_news_for(1s); // it has gone on by now
  CHECK(!waiting->pending());
  CHECK(!waiting->refused_as(rejection::overloaded));
  CHECK_EQ(stored(section(row)).owner, first.owner);
  hear_news_for(300ms);
  books->let_go(section(row));
  hear_news_for(13s); // it is not made to rest again at once
  CHECK(held->refused_as(rejection::store_unavailable));
  check_shared_out();
  check_holds();
  check_nobody_stopped();
}

SCENARIO("a plan is changed by the node that has the event's own shard, which brings the others there first") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  REQUIRE(put(first.runs, "eleven rows")->reply.has_value());
  auto& second = start_node("second");
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  auto is_home = stored({domain::shard_kind::event, id, {}}).owner == first.owner;
  auto& home = is_home ? first : second;
  auto& other = is_home ? second : first;
  CHECK(put(other.runs, "ten rows")->refused_as(rejection::overloaded)); // it has no link to the home
  CHECK_EQ(memory_store{books}.events().front().plan, "eleven rows");
  plans["twelve rows"] = rows(row_count + 2);
  auto changed = put(home.runs, "twelve rows");
  CHECK(changed->pending());
  hear_news_for(2s);
  REQUIRE(changed->reply.has_value());
  CHECK_EQ(memory_store{books}.events().front().plan, "twelve rows");
  hear_news_for(3s);
  check_shared_out();
  CHECK_EQ(looks(row_count + 1).size(), 1u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("somebody's lock on a row of an event neither ends the node that changes its plan, nor loses anything") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  books->lock(section(3), first.number);
  auto refused = put(first.runs, "eleven rows");
  pass(6s, 50ms);
  CHECK(refused->refused_as(rejection::store_unavailable));
  check_nobody_stopped();
  books->let_go(section(3));
  hear_news_for(2s);
  check_shared_out();
  check_holds();
  REQUIRE(put(first.runs, "eleven rows")->reply.has_value());
}

SCENARIO("a history that cannot be read stops only its shard") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  for (auto bad : {section(4), domain::shard_id{domain::shard_kind::event, id, {}}}) {
    wrong->damaged = bad;
    end(nodes.front(), start_node("helper"));
    join(nodes.front());
    tell_views();
    hear_news_for(3s);
    for (const auto& row : stored())
      CHECK_EQ(running(row.shard).size(), row.shard == bad ? 0u : 1u);
    store.change_status(nodes.back().number, node_status::left);
    tell_views();
    hear_news_for(2s);
    check_nobody_stopped();
    wrong->damaged = std::nullopt;
    // Another life of whoever has it reads it anew.
    auto& other = start_node("other");
    end(nodes.front(), other);
    join(nodes.front());
    tell_views();
    hear_news_for(3s);
    store.change_status(other.number, node_status::left);
    tell_views();
    hear_news_for(2s);
    check_shared_out();
  }
  check_holds();
}

SCENARIO("an event whose own shard is elsewhere is announced as its journal says") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  domain::event_settings settings;
  settings.prices = {5'000};
  settings.currency = "JPY";
  settings.hidden = true;
  settings.waiting_room = false;
  REQUIRE(asked<messages::event_view>(
              first.runs,
              messages::put_event{{}, id, settings, std::make_shared<const std::string>("ten rows"), plans["ten rows"]})
              ->reply.has_value());
  tell_news();
  for (int i = 0; i < 2; ++i) { // before and after it is shared out
    for (const auto* one : {&first, &second}) {
      auto news = announced(*one);
      REQUIRE(news->has_value());
      CHECK_EQ((*news)->currency, "JPY");
      CHECK((*news)->hidden);
      CHECK(!(*news)->waiting_room);
      CHECK_EQ((*news)->plan->sections().size(), row_count);
    }
    hear_news_for(3s);
  }
  check_shared_out();
}

SCENARIO("whoever has not the event's own shard sees by itself what has changed") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_views();
  domain::event_settings settings;
  settings.prices = {5'000};
  settings.hidden = true;
  messages::put_event show{{}, id, settings, std::make_shared<const std::string>("ten rows"), plans["ten rows"]};
  REQUIRE(asked<messages::event_view>(first.runs, show)->reply.has_value());
  tell_news();
  auto seen = announced(second);
  REQUIRE(seen->has_value());
  CHECK((*seen)->hidden);
  settings.hidden = false;
  show.settings = settings;
  REQUIRE(asked<messages::event_view>(first.runs, show)->reply.has_value());
  CHECK((*seen)->hidden);
  pass(3s, 50ms); // without news
  CHECK(!(*seen)->hidden);
}

SCENARIO("an event whose journal cannot be read at the moment is announced a little later") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_views();
  create_with_holds(first);
  wrong->histories_away = true;
  tell_news();
  auto listed = [&] {
    return asked<std::vector<domain::event_id>>(second.runs, messages::list_events{})->reply->size();
  };
  CHECK_EQ(listed(), 0u);
  wrong->histories_away = false;
  pass(3s, 50ms); // without news
  CHECK_EQ(listed(), 1u);
  CHECK_EQ(count_of(first), row_count + 2u);
  check_nobody_stopped();
}

SCENARIO("an event one of whose shards is claimed by another node while it is made is served in the end") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  wrong->once_added = [&] {
    const persistence::owned_shard fresh{section(2), {}};
    CHECK(store.claim(second.number, {&fresh, 1}).front().has_value());
  };
  CHECK(put(first.runs, "ten rows")->refused_as(rejection::overloaded));
  check_nobody_stopped();
  hear_news_for(3s);
  check_shared_out();
  check_nobody_stopped();
}

END_FIXTURE_SCOPE()
