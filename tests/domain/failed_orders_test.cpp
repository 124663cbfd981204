#define CAF_SUITE domain.failed_orders

#include "domain/failed_orders.hpp"
#include "tests/domain/orders.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <string>
#include <tuple>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

event open_event() {
  event result;
  result.apply(event_state_changed{event_state::open});
  return result;
}

void fail(event& x, std::uint64_t order, std::uint64_t hold, const buyer_id& buyer) {
  x.apply(*granted(x.start_order(order_of(order, hold, buyer))));
  go(x, order, {order_state::charging, order_state::failed});
}

} // namespace

SCENARIO("the orders that failed last are remembered, some of all buyers and fewer of each") {
  GIVEN("room for three, of one buyer for two") {
    failed_orders x{3, 2};
    CHECK(!x.remember(order_number(1), ada));
    CHECK(!x.remember(order_number(2), ben));
    THEN("a buyer with too many forgets the oldest of their own, else the oldest of all goes") {
      CHECK(!x.remember(order_number(3), ada));
      CHECK(x.remember(order_number(4), ada) == order_number(1));
      CHECK(x.remember(order_number(5), ben) == order_number(2));
      CHECK(x.remember(order_number(6), buyer_id{"cleo"}) == order_number(3));
      CHECK((x.in_order() == std::vector{order_number(4), order_number(5), order_number(6)}));
    }
  }
}

SCENARIO("an event forgets the orders that failed long ago, and whoever asks again under such a key starts anew") {
  GIVEN("a buyer whose payments were declined once more often than is remembered") {
    auto x = open_event();
    const std::uint64_t most = event::failed_orders_per_buyer_max;
    for (std::uint64_t n = 1; n <= most + 1; ++n)
      fail(x, n, 1, ada);
    THEN("the first is unknown, the others are there, and a snapshot says the same") {
      CHECK(x.find_order(order_number(1)) == nullptr);
      CHECK(x.orders().size() == most);
      CHECK(repeated(x.start_order(order_of(2, 1))));
      CHECK(from_snapshot(x) == x);
      CHECK(granted(x.start_order(order_of(1, 1))) != nullptr);
    }
    WHEN("the first is tried again and fails again") {
      fail(x, 1, 1, ada);
      THEN("the next one is forgotten for it") {
        CHECK(x.find_order(order_number(1)) != nullptr);
        CHECK(x.find_order(order_number(2)) == nullptr);
        CHECK(from_snapshot(x) == x);
      }
    }
  }
  GIVEN("more buyers whose payments were declined than are remembered, and one who has paid") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    go(x, 1, {order_state::charging, order_state::charged, order_state::confirmed});
    for (std::uint64_t n = 2; n < event::failed_orders_max + 7; ++n)
      fail(x, n, n, buyer_id{std::to_string(n)});
    THEN("only so many are there, and the one who has paid") {
      CHECK_EQ(x.orders().size(), event::failed_orders_max + 1);
      CHECK(x.find_order(order_number(1))->state() == order_state::confirmed);
      CHECK(x.find_order(order_number(6)) == nullptr);
      CHECK(x.find_order(order_number(7)) != nullptr);
      CHECK(from_snapshot(x) == x);
    }
  }
}

SCENARIO("an order whose buyer was told that it was not written is as if it had never been") {
  GIVEN("a started order that is struck out") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    go(x, 1, {order_state::unacknowledged});
    THEN("nobody carries it on, and under its key and under another one the hold may be paid for") {
      CHECK(x.find_order(order_number(1)) == nullptr);
      CHECK(x.orders_under_way().empty());
      CHECK(granted(x.start_order(order_of(1, 1))) != nullptr);
      CHECK(granted(x.start_order(order_of(2, 1))) != nullptr);
      CHECK(from_snapshot(x) == x);
    }
  }
  GIVEN("an order that the provider may know of") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    go(x, 1, {order_state::charging});
    THEN("it cannot be struck out any more") {
      CHECK(why(x.advance_order(order_number(1), order_state::unacknowledged, "", at(1))) == rejection::bad_request);
    }
  }
}

SCENARIO("whatever becomes of the orders of a few holds, a snapshot is the event") {
  CHECK(rc::check("random orders", [] {
    using step = std::tuple<std::uint64_t, std::uint64_t, int>;
    auto steps = *rc::gen::scale(
        4, rc::gen::container<std::vector<step>>(rc::gen::tuple(
               rc::gen::inRange<std::uint64_t>(1, 9), rc::gen::inRange<std::uint64_t>(1, 4), rc::gen::inRange(0, 10))));
    auto x = open_event();
    for (auto [order, hold, what] : steps) {
      auto begun = x.start_order(order_of(order, hold));
      if (const auto* fact = granted(begun)) {
        x.apply(*fact);
        continue;
      }
      auto moved = x.advance_order(order_number(order), static_cast<order_state>(what), "why", at(1));
      if (const auto* fact = granted(moved))
        x.apply(*fact);
    }
    RC_ASSERT(from_snapshot(x) == x);
    RC_ASSERT(from_snapshot(x).snapshot() == x.snapshot());
    for (const auto& [id, order] : x.orders())
      RC_ASSERT(order.state() != order_state::unacknowledged);
  }));
}
