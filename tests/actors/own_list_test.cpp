#define CAF_SUITE actors.own_list

#include "tests/actors/event_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <vector>

using namespace usher;
using namespace usher::tests;
using domain::order_state;
using domain::rejection;

namespace {

using numbers = std::vector<std::uint64_t>;

struct fixture : event_fixture {
  fixture() { put_up_doors(); }

  messages::own_list own(std::uint64_t who) {
    auto list = asked<messages::own_list>(messages::list_own{{}, id, buyer(who)});
    REQUIRE(list->reply.has_value());
    return *list->reply;
  }

  shared_outcome<messages::hold_granted> stand(std::uint64_t hold, std::uint64_t who) {
    return asked<messages::hold_granted>(wish(hold, who, {{floor, domain::quantity_wish{1}}}));
  }

  static numbers holds_in(const messages::own_list& list) {
    numbers found;
    for (const auto& hold : list.holds)
      found.push_back(hold.hold.low);
    return found;
  }

  static numbers unread_in(const messages::own_list& list) {
    numbers found;
    for (const auto& hold : list.unread)
      found.push_back(hold.hold.low);
    return found;
  }

  static numbers orders_in(const messages::own_list& list) {
    numbers found;
    for (const auto& order : list.orders)
      found.push_back(order.order.low);
    return found;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a buyer is told of their own holds, as long as they are") {
  GIVEN("a buyer with a hold in one section and one over two, and another buyer") {
    REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value());
    REQUIRE(hold(2, 1, {seats(left, {1}), seats(right, {2})})->reply.has_value());
    REQUIRE(hold(3, 2, {seats(right, {0})})->reply.has_value());
    auto list = own(1);
    CHECK_EQ(holds_in(list), (numbers{1, 2}));
    CHECK_EQ(list.holds[0].sections[0].seats[0].price, 5'000);
    CHECK_EQ(list.holds[0].buyer, buyer(1));
    REQUIRE_EQ(list.holds[1].sections.size(), 2u);
    CHECK_EQ(list.holds[1].sections[1].section, right);
    CHECK(list.holds[1].until > list.holds[1].now);
    CHECK_EQ(list.orders.size() + list.unread.size() + list.silent.size(), 0u);
    CHECK(!list.more);
    CHECK_EQ(holds_in(own(2)), numbers{3});
    CHECK_EQ(holds_in(own(3)), numbers{});
    WHEN("one is released, and the time of the other is over") {
      REQUIRE(release(2, 1, {left, right})->reply.has_value());
      CHECK_EQ(holds_in(own(1)), numbers{1});
      pass(301s, 1s);
      THEN("it has none") {
        CHECK_EQ(holds_in(own(1)), numbers{});
      }
    }
  }
}

SCENARIO("a buyer is told of their orders, the newest first, and of what they hold and have not bought") {
  GIVEN("a buyer of whose orders one is confirmed and one declined") {
    REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value());
    REQUIRE(order(1, 1, {left})->reply.has_value());
    pass(1s);
    REQUIRE(hold(2, 1, {seats(right, {0})})->reply.has_value());
    provider->charge_scripts = {{false, payments::outcome::declined}};
    REQUIRE(order(2, 1, {right})->reply.has_value());
    pass(1s);
    auto list = own(1);
    CHECK_EQ(orders_in(list), (numbers{2, 1}));
    CHECK(list.orders[0].state == order_state::failed);
    CHECK(list.orders[1].state == order_state::confirmed);
    CHECK_EQ(list.orders[1].seats.size(), 1u);
    CHECK_EQ(holds_in(list), numbers{2});
    CHECK(list.unread.empty());
    WHEN("everything is started again") {
      restart();
      THEN("the same is told") {
        auto again = own(1);
        CHECK_EQ(orders_in(again), (numbers{2, 1}));
        CHECK_EQ(holds_in(again), numbers{2});
      }
    }
  }
}

SCENARIO("whenever a buyer asks while an order begins, they hear of the hold or of the order") {
  for (std::uint64_t steps = 0; steps < 9; ++steps) {
    auto who = steps + 1;
    REQUIRE(stand(who, who)->reply.has_value());
    auto begun = ask<messages::order_view>(
        event, messages::start_order{{}, id, order_of(who), hold_of(who), buyer(who), {floor}, "card", "key", who});
    for (std::uint64_t i = 0; i < steps && sched.try_run_once(); ++i) {
    }
    auto list = own(who);
    CHECK_EQ(list.unread.size(), 0u);
    CHECK((holds_in(list) == numbers{who} || orders_in(list) == numbers{who}));
    pass(1s);
    CHECK_EQ(orders_in(own(who)), numbers{who});
  }
}

SCENARIO("what no section says just now is named") {
  GIVEN("a buyer with holds on the left, on the right and on both sides") {
    REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value());
    REQUIRE(hold(2, 1, {seats(right, {0})})->reply.has_value());
    REQUIRE(hold(3, 1, {seats(left, {1}), seats(right, {1})})->reply.has_value());
    kill_section(left);
    auto list = own(1);
    CHECK_EQ(holds_in(list), numbers{2});
    CHECK_EQ(unread_in(list), (numbers{1, 3}));
    CHECK_EQ(list.unread[1].sections, (std::vector{left, right}));
    CHECK(list.silent.empty());
    // Once the event has heard that nobody serves the section, nobody is asked in vain.
    self->send(event, messages::section_closed{left});
    settle();
    auto before = doors[0]->passed_on;
    auto known = own(1);
    CHECK_EQ(holds_in(known), numbers{2});
    CHECK_EQ(unread_in(known), (numbers{1, 3}));
    CHECK_EQ(doors[0]->passed_on, before);
    WHEN("the section is back") {
      start_section(left);
      pass(10s, 100ms);
      auto back = own(1);
      THEN("all is there") {
        CHECK_EQ(holds_in(back), (numbers{1, 2, 3}));
        CHECK(back.unread.empty());
      }
    }
  }
}

SCENARIO("an event that was started again names the sections of which it does not know what they hold") {
  REQUIRE(hold(1, 1, {seats(left, {0})})->reply.has_value());
  REQUIRE(hold(2, 1, {seats(right, {0})})->reply.has_value());
  kill_section(left);
  kill_event();
  settle();
  start_event();
  settle();
  auto list = own(1);
  CHECK_EQ(holds_in(list), numbers{2});
  CHECK_EQ(list.silent, std::vector{left});
  start_section(left);
  pass(10s, 100ms);
  auto back = own(1);
  CHECK_EQ(holds_in(back), (numbers{1, 2}));
  CHECK(back.silent.empty());
}

SCENARIO("an event that does not know its sections yet says so") {
  kill_event();
  settle();
  event = spawn_event("test");
  CHECK(asked<messages::own_list>(messages::list_own{{}, id, buyer(1)})->refused_as(rejection::overloaded));
}

SCENARIO("an answer has so many holds, and says that there are more") {
  stop();
  domain::section_plan ample{"floor", "Floor", {}, {}, 300, domain::category_no{1}};
  plan = std::make_shared<domain::seating_plan>(
      "Hall", plan->categories(), std::vector{plan->sections()[0], plan->sections()[1], std::move(ample)});
  start();
  REQUIRE(change([](auto& wish) { wish.max_seats_per_buyer = 200; })->reply.has_value());
  for (std::uint64_t number = 1; number <= messages::list_own::most; ++number)
    REQUIRE(stand(number, 1)->reply.has_value());
  CHECK(!own(1).more);
  REQUIRE(stand(1'000, 1)->reply.has_value());
  auto list = own(1);
  CHECK(list.more);
  CHECK_EQ(list.holds.size(), messages::list_own::most);
}

END_FIXTURE_SCOPE()
