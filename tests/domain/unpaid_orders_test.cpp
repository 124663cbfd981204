#define CAF_SUITE domain.unpaid_orders

#include "domain/unpaid_orders.hpp"
#include "tests/domain/orders.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <optional>
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
    unpaid_orders x{3, 2};
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
    const std::uint64_t most = event::unpaid_orders_per_buyer_max;
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
    for (std::uint64_t n = 2; n < event::unpaid_orders_max + 7; ++n)
      fail(x, n, n, buyer_id{std::to_string(n)});
    THEN("only so many are there, and the one who has paid") {
      CHECK_EQ(x.orders().size(), event::unpaid_orders_max + 1);
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

SCENARIO(
    "orders that cost nothing and are cancelled do not fill an event, nor does one buyer take the room of others") {
  GIVEN("an event that keeps five orders") {
    event x{5};
    x.apply(event_state_changed{event_state::open});
    auto free_order = [](std::uint64_t number, const buyer_id& buyer) {
      auto wanted = order_of(number, number, buyer);
      wanted.seats = {{section_no{0}, seat_no{4}, 0}};
      wanted.total = 0;
      return wanted;
    };
    auto buy_and_cancel = [&](std::uint64_t number, const buyer_id& buyer) {
      auto begun = x.start_order(free_order(number, buyer));
      if (const auto* no = refused(begun))
        return std::optional{no->reason};
      x.apply(*granted(begun));
      go(x, number, {order_state::charging, order_state::charged, order_state::confirmed, order_state::cancelling});
      go(x, number, {order_state::cancelled});
      return std::optional<rejection>{};
    };
    WHEN("one buyer has ordered and cancelled more of them") {
      for (std::uint64_t n = 1; n <= 6; ++n)
        CHECK(!buy_and_cancel(n, ada));
      THEN("there is room for those of others, but not for more that stand") {
        CHECK(!buy_and_cancel(7, ben));
        for (std::uint64_t n = 11; n <= 15; ++n)
          x.apply(*granted(x.start_order(order_of(n, n, ben))));
        CHECK(why(x.start_order(order_of(16, 16, ben))) == rejection::limit_exceeded);
      }
    }
  }
  GIVEN("a buyer who orders what costs nothing, and cancels, again and again") {
    auto x = open_event();
    const std::uint64_t most = event::cancelled_orders_per_buyer_max;
    auto step = [&](std::uint64_t number, const buyer_id& buyer, minor_units price) {
      auto wanted = order_of(number, number, buyer);
      wanted.seats = {{section_no{0}, seat_no{4}, price}};
      wanted.total = price;
      x.apply(*granted(x.start_order(wanted)));
      go(x, number, {order_state::charging, order_state::charged, order_state::confirmed, order_state::cancelling});
      go(x, number, {order_state::cancelled});
    };
    for (std::uint64_t n = 1; n <= most; ++n)
      step(n, ada, n % 2 == 0 ? 0 : 100);
    THEN("no other order is begun, but others order, and a snapshot says the same") {
      CHECK(why(x.start_order(order_of(99, 99))) == rejection::limit_exceeded);
      CHECK(granted(x.start_order(order_of(99, 99, ben))) != nullptr);
      CHECK(repeated(x.start_order([&] {
        auto again = order_of(1, 1);
        again.seats = {{section_no{0}, seat_no{4}, 100}};
        return again;
      }())));
      CHECK(from_snapshot(x) == x);
      CHECK(why(from_snapshot(x).start_order(order_of(99, 99))) == rejection::limit_exceeded);
    }
    WHEN("many others have ordered what costs nothing and cancelled since") {
      for (std::uint64_t n = 100; n < 100 + event::unpaid_orders_max; ++n)
        step(n, buyer_id{std::to_string(n)}, 0);
      THEN("those that cost nothing are forgotten, those that were paid for are not, and the buyer may order again") {
        CHECK(x.find_order(order_number(2)) == nullptr);
        CHECK(x.find_order(order_number(1)) != nullptr);
        CHECK_EQ(x.orders().size(), event::unpaid_orders_max + most / 2);
        CHECK(granted(x.start_order(order_of(2, 2))) != nullptr);
        CHECK(from_snapshot(x) == x);
      }
    }
  }
}

namespace {

/// An open event with one confirmed order, and what it says to those who want it undone.
struct confirmed_order {
  event x = open_event();

  confirmed_order() {
    x.apply(*granted(x.start_order(order_of(1, 1))));
    go(x, 1, {order_state::charging, order_state::charged, order_state::confirmed});
  }

  void rule(cancellation_rule::who by, std::optional<instant> until = {}) {
    auto settings = x.settings();
    settings.cancellations = {by, until};
    x.apply(event_defined{settings});
  }
  void close() { x.apply(event_state_changed{event_state::closed}); }

  [[nodiscard]] std::optional<rejection> cancelled_at(std::int64_t second) const {
    return why(x.cancel_order(order_number(1), at(second)));
  }
  [[nodiscard]] std::optional<rejection> refunded() const { return why(x.refund_order(order_number(1), at(9))); }
};

/// An open event with an order that has gone so far.
event with_order(std::initializer_list<order_state> states) {
  auto x = open_event();
  x.apply(*granted(x.start_order(order_of(1, 1))));
  go(x, 1, states);
  return x;
}

} // namespace

SCENARIO("what an operator has undone is no reason to take no more orders of its buyer") {
  auto x = open_event();
  for (std::uint64_t n = 1; n <= event::cancelled_orders_per_buyer_max; ++n) {
    x.apply(*granted(x.start_order(order_of(n, n))));
    go(x, n, {order_state::charging, order_state::charged, order_state::confirmed});
    auto undone = x.refund_order(order_number(n), at(2));
    x.apply(*granted(undone));
    x.apply(*granted(x.advance_order(order_number(n), order_state::cancelled, granted(undone)->reason, at(3))));
  }
  CHECK(granted(x.start_order(order_of(99, 99))) != nullptr);
  CHECK(from_snapshot(x) == x);
}

SCENARIO("an event's rule says until when buyers cancel, and whether operators may") {
  GIVEN("no rule") {
    confirmed_order one;
    THEN("buyers cancel until the sale closes, by time or by hand; operators also later") {
      CHECK(!one.cancelled_at(100));
      auto settings = one.x.settings();
      settings.closes_at = at(50);
      one.x.apply(event_defined{settings});
      CHECK(!one.cancelled_at(49));
      CHECK(one.cancelled_at(50) == rejection::cancellation_closed);
      settings.closes_at.reset();
      one.x.apply(event_defined{settings});
      one.close();
      CHECK(one.cancelled_at(1) == rejection::cancellation_closed);
      CHECK(granted(one.x.refund_order(order_number(1), at(9)))->state == order_state::cancelling);
    }
  }
  GIVEN("a time") {
    confirmed_order one;
    one.rule(cancellation_rule::who::buyers, at(50));
    one.close();
    THEN("buyers cancel until then, closed or not") {
      CHECK(!one.cancelled_at(49));
      CHECK(one.cancelled_at(50) == rejection::cancellation_closed);
      CHECK(!one.refunded());
    }
  }
  GIVEN("operators only") {
    confirmed_order one;
    one.rule(cancellation_rule::who::operators);
    THEN("only they do it") {
      CHECK(one.cancelled_at(1) == rejection::cancellation_closed);
      CHECK(!one.refunded());
    }
  }
  GIVEN("no cancellations") {
    confirmed_order one;
    one.rule(cancellation_rule::who::nobody);
    THEN("nobody cancels, before somebody changes the rule; an order that is not confirmed yet may be withdrawn") {
      CHECK(one.cancelled_at(1) == rejection::cancellation_closed);
      CHECK(one.refunded() == rejection::cancellation_closed);
      one.x.apply(*granted(one.x.start_order(order_of(2, 2))));
      CHECK(granted(one.x.request_cancel(order_number(2), at(1))) != nullptr);
    }
  }
  GIVEN("an event that is still open") {
    confirmed_order one;
    THEN("all of its orders are undone only once it is closed, and only if its rule allows it") {
      CHECK(one.x.may_refund_all()->reason == rejection::bad_request);
      one.close();
      CHECK(!one.x.may_refund_all());
      one.rule(cancellation_rule::who::nobody);
      CHECK(one.x.may_refund_all()->reason == rejection::cancellation_closed);
    }
  }
}

SCENARIO("an operator undoes an order wherever it stands, or is told to wait") {
  auto refund = [](const event& x) { return x.refund_order(order_number(1), at(9)); };
  GIVEN("one that has just begun, and none") {
    CHECK(why(refund(with_order({}))) == rejection::in_progress);
    CHECK(why(refund(open_event())) == rejection::not_found);
  }
  GIVEN("one whose charge has no outcome") {
    auto x = with_order({order_state::charging});
    x.apply(*granted(refund(x)));
    THEN("it is given up: what the charge came to is no news any more, and money that comes goes back") {
      CHECK(x.find_order(order_number(1))->state() == order_state::given_up);
      CHECK(x.find_order(order_number(1))->since() == at(9));
      CHECK(from_snapshot(x).find_order(order_number(1))->since() == at(9));
      CHECK(!x.is_paid_for(hold_number(1)));
      CHECK(repeated(refund(x)));
      for (auto outcome : {order_state::charged, order_state::failed})
        CHECK(why(x.advance_order(order_number(1), outcome, "", at(10))) == rejection::in_progress);
      CHECK(from_snapshot(x) == x);
      go(x, 1, {order_state::refunding, order_state::cancelled});
      CHECK(x.find_order(order_number(1))->was_paid());
      CHECK(from_snapshot(x) == x);
    }
  }
  GIVEN("one that is given up and never charged") {
    auto x = with_order({order_state::charging, order_state::given_up, order_state::cancelled});
    CHECK(!x.find_order(order_number(1))->was_paid());
  }
  GIVEN("one whose seats are being sold") {
    auto x = with_order({order_state::charging, order_state::charged});
    CHECK(why(refund(x)) == rejection::in_progress);
    CHECK(x.is_paid_for(hold_number(1)));
  }
  GIVEN("one that failed") {
    CHECK(repeated(refund(with_order({order_state::charging, order_state::failed}))));
  }
}

SCENARIO("whatever becomes of the orders of a few holds, a snapshot is the event") {
  CHECK(rc::check("random orders", [] {
    using step = std::tuple<std::uint64_t, std::uint64_t, int>;
    auto steps = *rc::gen::scale(4, rc::gen::container<std::vector<step>>(rc::gen::tuple(
                                        rc::gen::inRange<std::uint64_t>(1, 9), rc::gen::inRange<std::uint64_t>(1, 4),
                                        rc::gen::inRange(0, static_cast<int>(order_states)))));
    auto x = open_event();
    for (auto [order, hold, what] : steps) {
      auto wanted = order_of(order, hold);
      if (order % 3 == 0) { // a hold may get seats that are free when it is taken anew
        for (auto& seat : wanted.seats)
          seat.price = 0;
        wanted.total = 0;
      }
      auto begun = x.start_order(wanted);
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
