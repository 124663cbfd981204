#define CAF_SUITE cluster.linked_nodes

#include "tests/catalog/sharing_fixture.hpp"

using namespace usher;
using namespace usher::tests;
using domain::rejection;
using namespace std::chrono_literals;

namespace {

/// Three nodes that share an event of ten rows, and are linked.
struct fixture : sharing_fixture {
  fixture() {
    for (const auto* name : {"first", "second", "third"})
      start_linked(name);
    tell_views();
    tell_views(); // the last ones know the first ones now
    REQUIRE(put(nodes[0].runs, "ten rows")->reply.has_value());
    open_sale(nodes[0].runs);
    hear_news_for(4s);
    check_shared_out();
  }

  /// As a gateway does it: what is `moved` is asked again.
  template <class Reply, class Message>
  shared_outcome<Reply> get(const node& where, const Message& wish) {
    auto result = asked<Reply>(where.runs, wish);
    for (int i = 0; i < 20 && (result->pending() || is_open(*result)); ++i) {
      hear_news_for(200ms);
      if (!result->pending())
        result = asked<Reply>(where.runs, wish);
    }
    return result;
  }
  template <class Outcome>
  static bool is_open(const Outcome& outcome) {
    return outcome.refused && domain::is_internal(outcome.refused->reason);
  }

  shared_outcome<messages::hold_granted> hold_at(const node& where, std::uint64_t number, std::uint16_t section,
                                                 std::uint32_t seat) {
    return get<messages::hold_granted>(where, wish(number, section, seat));
  }

  /// One hold of seats in several rows.
  messages::hold_seats wide_wish(std::uint64_t number, const std::vector<std::uint16_t>& sections) const {
    std::vector<messages::section_wish> all;
    for (auto section : sections)
      all.push_back({domain::section_no{section}, domain::seats_wish{{domain::seat_no{3}}}});
    auto result = wish(number, 0, 0);
    result.wanted = all;
    return result;
  }

  [[nodiscard]] node& home_of(const domain::shard_id& shard) {
    auto owner = stored(shard).owner;
    return *std::find_if(nodes.begin(), nodes.end(), [&](const auto& one) { return one.owner == owner; });
  }
  [[nodiscard]] node& other_than(const node& one) { return &nodes[0] == &one ? nodes[1] : nodes[0]; }

  /// A gateway of that node.
  struct ears {
    std::shared_ptr<heard> all = std::make_shared<heard>();
    std::shared_ptr<std::size_t> announcements = std::make_shared<std::size_t>(0);
    messages::gateway_actor who;
  };
  ears gateway_of(const node& where) {
    ears result;
    auto news = [to = result.all, count = result.announcements](caf::event_based_actor*) -> caf::behavior {
      return {
          [=](const messages::event_announced&) { ++*count; },
          [=](const messages::seats_changed& x) { to->seats.push_back(x); },
          [=](const messages::hold_expired& x) { to->expired.push_back(x); },
          [=](const messages::people_admitted& x) { to->admitted.push_back(x); },
          [=](const messages::queue_moved& x) { to->moved.push_back(x); },
          [](const messages::order_changed&) {},
          [](const messages::place_given_up&) {},
      };
    };
    result.who = caf::actor_cast<messages::gateway_actor>(keep(sys.spawn(news)));
    self->send(where.runs.router, messages::subscribe{}, result.who);
    settle();
    return result;
  }

  void kill(node& one) {
    network.kill(one.name);
    for (const auto& actor :
         {caf::actor_cast<caf::actor>(one.runs.keeper), caf::actor_cast<caf::actor>(one.runs.switchboard),
          caf::actor_cast<caf::actor>(one.runs.router)})
      self->send_exit(actor, caf::exit_reason::kill);
    settle();
    auto& by = other_than(one);
    REQUIRE(store.end_node(by.number, one.number, 0, "gone") == persistence::end_answer::ended);
    std::erase_if(nodes, [&](const auto& each) { return &each == &one; });
    tell_views();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("any node holds, reads and lets go of any seat") {
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < nodes.size(); ++at)
    for (std::uint16_t row = 0; row < row_count; ++row) {
      auto granted = hold(nodes[at].runs, ++number, row, static_cast<std::uint32_t>(at));
      CHECK(granted->reply.has_value()); // at once: nothing moves
    }
  for (std::uint16_t row = 0; row < row_count; ++row) {
    auto seen = looks(row);
    CHECK_EQ(seen.size(), nodes.size());
    for (const auto& look : seen)
      CHECK_EQ(look, seen.front());
    CHECK_NE(seen.front()[0], seen.front()[3]);
    CHECK(hold(nodes[row % 3].runs, ++number, row, 0)->refused_as(rejection::seat_taken));
  }
  auto again = hold(nodes[1].runs, 1, 0, 0); // which another node has granted
  CHECK(again->reply.has_value());
  auto first = wish(1, 0, 0);
  auto gone =
      asked<done>(nodes[2].runs, messages::release_hold{{}, id, first.hold, first.buyer, {domain::section_no{0}}});
  CHECK(gone->reply.has_value());
  CHECK(hold(nodes[0].runs, ++number, 0, 0)->reply.has_value());
  check_nobody_stopped();
}

SCENARIO("a hold over sections of all nodes is granted or refused as a whole, by whichever node is asked") {
  std::vector<std::uint16_t> all;
  for (std::uint16_t row = 0; row < 6; ++row)
    all.push_back(row);
  messages::change_event more;
  more.event = id;
  more.max_seats_per_buyer = 10;
  REQUIRE(asked<messages::event_view>(nodes[1].runs, more)->reply.has_value());
  auto granted = asked<messages::hold_granted>(nodes[2].runs, wide_wish(1, all));
  REQUIRE(granted->reply.has_value());
  CHECK_EQ(granted->reply->sections.size(), all.size());
  auto refused = asked<messages::hold_granted>(nodes[0].runs, wide_wish(2, {8, 9, 5}));
  CHECK(refused->refused_as(rejection::seat_taken));
  pass(3s, 50ms); // what was held of it is free again
  CHECK(asked<messages::hold_granted>(nodes[1].runs, wide_wish(3, {8, 9}))->reply.has_value());
}

SCENARIO("gateways of all nodes hear what they listen to") {
  auto& home = home_of(section(4));
  auto& away = other_than(home);
  auto here = gateway_of(home);
  auto there = gateway_of(away);
  auto deaf = gateway_of(away);
  for (const auto* each : {&here, &there}) {
    auto& where = each == &here ? home : away;
    auto view = ask<messages::section_view>(where.runs.router, messages::watch_section{{}, id, domain::section_no{4}},
                                            each->who);
    settle();
    CHECK(view->reply.has_value());
  }
  REQUIRE(hold_at(away, 1, 4, 1)->reply.has_value());
  pass(1s, 50ms);
  for (const auto* each : {&here, &there}) {
    REQUIRE(!each->all->seats.empty());
    CHECK((each->all->seats.back().set.front().first == domain::seat_no{1}));
  }
  CHECK(deaf.all->seats.empty());
  auto place =
      ask<domain::queue_place>(away.runs.router, messages::join_queue{{}, id, domain::buyer_id{"eve"}, {}}, there.who);
  pass(3s, 50ms);
  CHECK(place->reply.has_value());
  REQUIRE_EQ(there.all->admitted.size(), 1u);
  CHECK((there.all->admitted.front().people.front().buyer == domain::buyer_id{"eve"}));
  CHECK(!here.all->moved.empty());
  CHECK(!there.all->moved.empty());
}

SCENARIO("what is lost with a connection is unknown, and asked again it is granted once") {
  auto& home = home_of(section(4));
  auto& away = other_than(home);
  network.lose_what_is_sent(true);
  auto lost = ask<messages::hold_granted>(away.runs.router, wish(1, 4, 1));
  settle();
  network.lose_what_is_sent(false);
  if (lost->pending()) { // it goes to another node
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
      for (auto j = i + 1; j < nodes.size(); ++j)
        network.reset(nodes[i].name, nodes[j].name);
    settle();
    REQUIRE(!lost->pending());
    CHECK(lost->refused_as(rejection::outcome_unknown));
  }
  CHECK(hold_at(away, 1, 4, 1)->reply.has_value());
  CHECK(hold_at(home, 1, 4, 1)->reply.has_value());
  CHECK(hold_at(home, 2, 4, 1)->refused_as(rejection::seat_taken));
}

SCENARIO("whatever links break, in the end everybody can hold exactly as much as they may") {
  std::uint64_t number = 100;
  for (int round = 0; round < 12; ++round) {
    auto& asked_node = nodes[static_cast<std::size_t>(round) % nodes.size()];
    auto row = static_cast<std::uint16_t>(round % row_count);
    auto before = ask<messages::hold_granted>(asked_node.runs.router, wish(++number, row, 0));
    if (round % 2 == 0)
      while (before->pending() && sched.try_run_once() && number % 7 != 0) {
      }
    network.reset(nodes[static_cast<std::size_t>(round) % 3].name, nodes[static_cast<std::size_t>(round + 1) % 3].name);
    settle();
    auto after = hold_at(asked_node, number, row, 0);
    CHECK(after->reply.has_value() || after->refused_as(rejection::seat_taken));
    auto gone = wish(number, row, 0);
    CHECK(get<done>(nodes[0], messages::release_hold{{}, id, gone.hold, gone.buyer, {domain::section_no{row}}})
              ->reply.has_value());
  }
  pass(2s, 50ms);
  // One buyer takes their limit, a seat at a time, all over the hall.
  domain::buyer_id buyer{"greedy"};
  std::size_t granted = 0;
  for (std::uint16_t row = 0; row < row_count; ++row) {
    auto greedy = wish(500u + row, row, 2);
    greedy.buyer = buyer;
    auto answer = get<messages::hold_granted>(nodes[row % 3u], greedy);
    granted += answer->reply ? 1 : 0;
    CHECK((answer->reply || answer->refused_as(rejection::limit_exceeded)));
  }
  CHECK_EQ(granted, domain::event_settings{}.max_seats_per_buyer);
}

SCENARIO("the shards of a node that is gone are served by the others, and who watched them is told") {
  auto& gone = home_of(section(4));
  auto gone_name = gone.name;
  auto& witness = other_than(gone);
  auto there = gateway_of(witness);
  REQUIRE(hold_at(witness, 1, 4, 1)->reply.has_value());
  auto announcements = *there.announcements;
  kill(gone);
  auto waits = ask<messages::hold_granted>(nodes[0].runs.router, wish(2, 4, 2));
  hear_news_for(3s);
  for (const auto& one : nodes)
    CHECK_NE(one.name, gone_name);
  CHECK_GT(*there.announcements, announcements);
  for (const auto& one : nodes) {
    CHECK(hold_at(one, 1, 4, 1)->reply.has_value());
    CHECK(hold_at(one, 3, 4, 1)->refused_as(rejection::seat_taken));
  }
  check_shared_out();
  CHECK(!waits->pending());
}

SCENARIO("a node that joins gets its part, and nobody's request is lost meanwhile") {
  start_linked("fourth");
  tell_views();
  tell_views();
  std::vector<shared_outcome<messages::hold_granted>> all;
  std::uint64_t number = 0;
  for (int round = 0; round < 40; ++round) {
    auto& where = nodes[static_cast<std::size_t>(round) % nodes.size()];
    all.push_back(hold_at(where, ++number, static_cast<std::uint16_t>(round % row_count),
                          static_cast<std::uint32_t>(round / row_count)));
    hear_news_for(100ms);
  }
  hear_news_for(4s);
  check_shared_out();
  CHECK_GE(count_of(nodes.back()), 1u);
  for (const auto& one : all)
    CHECK(one->reply.has_value());
  check_nobody_stopped();
}

SCENARIO("a new event is known to the gateways of all nodes when whoever made it hears so") {
  domain::event_id jazz{"jazz"};
  std::vector<std::shared_ptr<std::set<domain::event_id>>> known;
  for (const auto& one : nodes) {
    auto& events = known.emplace_back(std::make_shared<std::set<domain::event_id>>());
    auto gateway = keep(sys.spawn([events](caf::event_based_actor*) -> caf::behavior {
      return {[=](const messages::event_announced& news) { events->insert(news.id); },
              [](const messages::queue_moved&) {}};
    }));
    self->send(one.runs.router, messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(gateway));
  }
  settle();
  auto wish = put_of("ten rows");
  wish.id = jazz;
  auto made = asked<messages::event_view>(nodes[1].runs, wish); // no time passes
  REQUIRE(made->reply.has_value());
  for (const auto& events : known)
    CHECK(events->contains(jazz));
  for (const auto& one : nodes) {
    auto seen = asked<messages::event_view>(one.runs, messages::describe_event{{}, jazz});
    CHECK(seen->reply.has_value());
  }
}

SCENARIO("any node puts an event on another plan, and no gateway is told of seats that it does not know") {
  for (std::uint16_t row = 0; row < row_count; ++row)
    REQUIRE(hold_at(nodes[row % 3u], row + 1u, row, row % 4u)->reply.has_value());
  std::string plan = "eleven rows";
  std::uint64_t number = 100;
  for (auto& where : nodes) {
    auto changed = asked<messages::event_view>(where.runs, put_of(plan));
    for (int i = 0; i < 60 && changed->pending(); ++i) {
      pass(100ms, 20ms);
      check_single();
    }
    REQUIRE(changed->reply.has_value());
    auto sections = plans.at(plan)->sections().size();
    for (const auto& one : nodes) {
      auto last = announced(one);
      REQUIRE(last->has_value());
      CHECK_EQ(*(*last)->plan_text, plan);
      CHECK_EQ((*last)->plan->sections().size(), row_count + 1u); // of which the last one may be empty
      auto eleventh = hold_at(one, number, row_count, 2);
      CHECK((eleventh->reply.has_value() == (sections == row_count + 1u)));
    }
    hear_news_for(3s);
    check_shared_out(); // they are all over the nodes again
    for (std::uint16_t row = 0; row < row_count; ++row) {
      CHECK(hold_at(where, row + 1u, row, row % 4u)->reply.has_value()); // once more, by the same
      CHECK(hold_at(where, 200u + row, row, row % 4u)->refused_as(rejection::seat_taken));
    }
    auto gone = wish(number, row_count, 2);
    get<done>(where, messages::release_hold{{}, id, gone.hold, gone.buyer, {domain::section_no{row_count}}});
    ++number;
    plan = sections > row_count ? "ten rows" : "eleven rows";
  }
  check_nobody_stopped();
}

SCENARIO("settings are changed by any node, and a plan that is refused leaves everything as it was") {
  for (auto& where : nodes) {
    auto wish = put_of("ten rows");
    wish.settings.name = "Named at " + where.name;
    auto changed = asked<messages::event_view>(where.runs, wish);
    REQUIRE(changed->reply.has_value());
    CHECK_EQ(changed->reply->settings.name, "Named at " + where.name);
    wish.plan_text = nullptr; // and the plan is the one that the asker knows
    wish.settings.prices = {700};
    auto priced = asked<messages::event_view>(where.runs, wish);
    REQUIRE(priced->reply.has_value());
    CHECK_EQ(priced->reply->settings.prices.front(), 700);
  }
  REQUIRE(hold_at(nodes[0], 1, 9, 1)->reply.has_value());
  for (auto& where : nodes) {
    auto refused = asked<messages::event_view>(where.runs, put_of("two rows"));
    for (int i = 0; i < 60 && refused->pending(); ++i)
      pass(100ms, 20ms);
    CHECK(refused->refused_as(rejection::plan_in_use));
    hear_news_for(3s);
    check_shared_out();
    CHECK(hold_at(where, 1, 9, 1)->reply.has_value());
  }
  check_nobody_stopped();
}

SCENARIO("a plan is not changed while somebody cannot give away what they have of the event") {
  auto& asked_node = nodes[1];
  claims->next_gift = gift_fault::none_is_made;
  auto changed = asked<messages::event_view>(asked_node.runs, put_of("eleven rows"));
  CHECK(changed->pending());
  pass(3500ms, 50ms);
  CHECK(changed->pending());
  auto meanwhile = asked<messages::event_view>(home_of({domain::shard_kind::event, id, {}}).runs, put_of("two rows"));
  pass(100ms, 20ms);
  CHECK(meanwhile->refused_as(rejection::in_progress));
  pass(1s, 50ms);
  CHECK(changed->refused_as(rejection::store_unavailable));
  claims->next_gift = gift_fault::none;
  hear_news_for(4s);
  check_shared_out();
  CHECK(hold_at(nodes[0], 1, 4, 1)->reply.has_value());
  auto again = asked<messages::event_view>(asked_node.runs, put_of("eleven rows"));
  for (int i = 0; i < 60 && again->pending(); ++i)
    pass(100ms, 20ms);
  CHECK(again->reply.has_value());
  check_nobody_stopped();
}

SCENARIO("a node that dies while it gathers an event leaves it to the others") {
  auto& home = home_of({domain::shard_kind::event, id, {}});
  claims->next_gift = gift_fault::none_is_made;
  auto changed = asked<messages::event_view>(other_than(home).runs, put_of("eleven rows"));
  CHECK(changed->pending());
  kill(home);
  claims->next_gift = gift_fault::none;
  hear_news_for(4s);
  check_shared_out();
  CHECK(!changed->pending());
  auto again = asked<messages::event_view>(nodes[0].runs, put_of("eleven rows"));
  for (int i = 0; i < 60 && again->pending(); ++i)
    pass(100ms, 20ms);
  CHECK(again->reply.has_value());
  hear_news_for(4s);
  check_shared_out();
}

END_FIXTURE_SCOPE()
