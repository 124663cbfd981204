#define CAF_SUITE domain.order_and_event

#include "domain/ensure.hpp"
#include "tests/domain/orders.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

event_settings some_settings() {
  event_settings result;
  result.name = "Rock";
  result.prices = {5000, 3000};
  return result;
}

event open_event() {
  event result;
  result.apply(event_defined{some_settings()});
  result.apply(event_state_changed{event_state::open});
  return result;
}

constexpr std::initializer_list<order_state> all_states = {
    order_state::started,   order_state::charging,       order_state::charged,  order_state::confirmed,
    order_state::failed,    order_state::refunding,      order_state::refunded, order_state::cancelling,
    order_state::cancelled, order_state::unacknowledged, order_state::given_up};

} // namespace

SCENARIO("an order goes its way one step at a time") {
  GIVEN("a started order") {
    order x{order_of(1, 1)};
    THEN("what was done is not done again, and no step is skipped") {
      CHECK(repeated(x.advance(order_state::started, "", at(1))));
      CHECK(why(x.advance(order_state::charged, "", at(1))) == rejection::in_progress);
      CHECK(why(x.advance(order_state::confirmed, "", at(1))) == rejection::in_progress);
      CHECK(granted(x.advance(order_state::charging, "", at(1))) != nullptr);
      CHECK(x.under_way());
    }
    WHEN("it is declined") {
      x.apply({order_number(1), order_state::charging, "", at(1)});
      x.apply({order_number(1), order_state::failed, "no money", at(2)});
      THEN("it is over, and cannot be charged any more") {
        CHECK(!x.under_way());
        CHECK_EQ(x.reason(), "no money");
        CHECK(why(x.advance(order_state::charged, "", at(3))) == rejection::bad_request);
        CHECK(repeated(x.advance(order_state::charging, "", at(3))));
      }
    }
  }
  GIVEN("an order that failed before it was charged") {
    order x{order_of(1, 1)};
    x.apply({order_number(1), order_state::failed, "", at(1)});
    THEN("nobody is told that charging had begun") {
      CHECK(why(x.advance(order_state::charging, "", at(2))) == rejection::bad_request);
    }
  }
  GIVEN("an order whose buyer cancelled while it was charged") {
    order x{order_of(1, 1)};
    for (auto state : {order_state::charging, order_state::charged, order_state::refunding, order_state::cancelled})
      x.apply({order_number(1), state, "", at(1)});
    THEN("it counts as cancelled and was never confirmed") {
      CHECK(!x.visited(order_state::confirmed));
      CHECK(why(x.advance(order_state::confirmed, "", at(2))) == rejection::bad_request);
      CHECK_EQ(public_name(x.state(), true), "cancelled");
      CHECK_EQ(public_name(order_state::refunding, true), "cancelled");
      CHECK_EQ(public_name(order_state::refunding, false), "refunded");
    }
    THEN("a step that does not follow stops the shard") {
      CHECK_THROWS_AS(x.apply({order_number(1), order_state::confirmed, "", at(1)}), broken_invariant);
      CHECK_THROWS_AS(x.apply({order_number(2), order_state::confirmed, "", at(1)}), broken_invariant);
    }
  }
}

SCENARIO("an order that its buyer has cancelled is not confirmed any more") {
  GIVEN("an order whose seats are being sold when its buyer cancels it") {
    order x{order_of(1, 1)};
    x.apply({order_number(1), order_state::charging, "", at(1)});
    x.apply({order_number(1), order_state::charged, "", at(2)});
    x.apply(*granted(x.request_cancel(at(3))));
    THEN("it can go back, and no other way") {
      CHECK(x.cancel_requested_at() == at(3));
      CHECK(repeated(x.request_cancel(at(4))));
      CHECK(why(x.advance(order_state::confirmed, "", at(4))) == rejection::in_progress);
      CHECK(granted(x.advance(order_state::refunding, "", at(4))) != nullptr);
    }
  }
  GIVEN("a confirmed order") {
    order x{order_of(1, 1)};
    for (auto state : {order_state::charging, order_state::charged, order_state::confirmed})
      x.apply({order_number(1), state, "", at(1)});
    THEN("it is undone by a step, not by a wish") {
      CHECK(why(x.request_cancel(at(2))) == rejection::bad_request);
      CHECK_THROWS_AS(x.apply(order_cancel_requested{order_number(1), at(2)}), broken_invariant);
    }
  }
  GIVEN("an order that failed") {
    order x{order_of(1, 1)};
    x.apply(order_advanced{order_number(1), order_state::failed, "", at(1)});
    THEN("there is nothing to cancel") {
      CHECK(repeated(x.request_cancel(at(2))));
    }
  }
}

SCENARIO("an operator undoes an order where it stands, and gives the reason") {
  auto undo_after = [](std::initializer_list<order_state> way) {
    order x{order_of(1, 1)};
    for (auto state : way)
      x.apply({order_number(1), state, "", at(1)});
    return x.undo(at(2));
  };
  using enum order_state;
  GIVEN("orders that stand, and orders on their way") {
    CHECK(*granted(undo_after({charging, charged, confirmed}))
          == (order_advanced{order_number(1), cancelling, "Cancelled by the organiser.", at(2)}));
    CHECK(*granted(undo_after({charging}))
          == (order_advanced{order_number(1), given_up, "Ended by the organiser.", at(2)}));
    CHECK(why(undo_after({})) == rejection::in_progress);
    CHECK(why(undo_after({charging, charged})) == rejection::in_progress);
  }
  GIVEN("orders that are undone or failed, or being undone") {
    CHECK(repeated(undo_after({failed})));
    CHECK(repeated(undo_after({charging, charged, refunding})));
    CHECK(repeated(undo_after({charging, charged, refunding, refunded})));
    CHECK(repeated(undo_after({charging, charged, confirmed, cancelling})));
    CHECK(repeated(undo_after({charging, charged, confirmed, cancelling, cancelled})));
    CHECK(repeated(undo_after({charging, given_up})));
  }
}

SCENARIO("whatever is asked of an order, money and seats stay together") {
  CHECK(rc::check("random steps", [] {
    auto wishes =
        *rc::gen::container<std::vector<order_state>>(rc::gen::elementOf(std::vector<order_state>(all_states)));
    event x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    std::vector<order_state> way{order_state::started};
    auto cancel_after = *rc::gen::inRange<std::size_t>(0, 8);
    for (auto wanted : wishes) {
      if (way.size() == cancel_after)
        if (auto wish = x.request_cancel(order_number(1), at(1)); granted(wish) != nullptr)
          x.apply(*granted(wish));
      auto was_cancelled = x.find_order(order_number(1))->cancel_requested_at().has_value();
      auto decided = x.advance_order(order_number(1), wanted, "r", at(2));
      bool was_there = std::find(way.begin(), way.end(), wanted) != way.end();
      RC_ASSERT(repeated(decided) == was_there);
      if (const auto* fact = granted(decided)) {
        RC_ASSERT(!was_cancelled || wanted != order_state::confirmed);
        // Nothing follows an end, except the undoing of a confirmed order.
        RC_ASSERT(!is_final(way.back()) || (way.back() == order_state::confirmed && wanted == order_state::cancelling));
        way.push_back(wanted);
        x.apply(*fact);
        if (wanted == order_state::unacknowledged) {
          RC_ASSERT(way.size() == 2U); // straight from its start, as if it had never existed
          RC_ASSERT(x.find_order(order_number(1)) == nullptr);
          RC_ASSERT(from_snapshot(x) == x);
          return;
        }
      }
    }
    const auto* present = x.find_order(order_number(1));
    auto passed = [&](order_state state) { return present->visited(state); };
    RC_ASSERT(!passed(order_state::confirmed) || passed(order_state::charged));
    RC_ASSERT(!passed(order_state::refunding)
              || ((passed(order_state::charged) || passed(order_state::given_up)) && !passed(order_state::confirmed)));
    RC_ASSERT(!passed(order_state::given_up)
              || !(passed(order_state::charged) || passed(order_state::failed) || passed(order_state::confirmed)));
    RC_ASSERT(!passed(order_state::failed) || !passed(order_state::charged));
    RC_ASSERT(!passed(order_state::cancelled) || passed(order_state::refunding) || passed(order_state::cancelling)
              || passed(order_state::given_up));
    RC_ASSERT(present->under_way() == !is_final(present->state()));
    RC_ASSERT(from_snapshot(x) == x);
  }));
}

SCENARIO("an event lives from scheduled to closed") {
  GIVEN("a scheduled event") {
    event x;
    x.apply(event_defined{some_settings()});
    auto can = [&](event_state wanted) { return granted(x.change_state(wanted)) != nullptr; };
    THEN("nobody holds or pays before it opens") {
      CHECK(x.may_hold()->reason == rejection::sale_not_open);
      CHECK(x.may_order()->reason == rejection::sale_not_open);
      CHECK(can(event_state::draw));
      CHECK(!can(event_state::paused));
      CHECK(!can(event_state::sold_out));
    }
    WHEN("it is opened") {
      x.apply(*granted(x.change_state(event_state::open)));
      THEN("seats are held and paid") {
        CHECK(!x.may_hold());
        CHECK(!x.may_order());
        CHECK(repeated(x.change_state(event_state::open)));
        CHECK(!can(event_state::scheduled));
        CHECK(!can(event_state::draw));
      }
    }
    AND("it is paused") {
      x.apply(*granted(x.change_state(event_state::paused)));
      THEN("nothing more is held, but what is held can be paid") {
        CHECK(x.may_hold()->reason == rejection::sale_paused);
        CHECK(!x.may_order());
        x.apply(*granted(x.change_state(event_state::open)));
      }
    }
    AND("nothing is free or held any more") {
      section_totals gone{.sold = 90, .blocked = 10};
      x.apply(*granted(x.note_totals(gone)));
      THEN("it is sold out until something comes back") {
        CHECK(x.state() == event_state::sold_out);
        CHECK(x.may_hold()->reason == rejection::sold_out);
        CHECK(!x.may_order());
        CHECK(repeated(x.note_totals(gone)));
        CHECK(repeated(x.change_state(event_state::open)));
        CHECK(granted(x.note_totals({.held = 1, .sold = 89}))->state == event_state::open);
      }
    }
    AND("it is closed") {
      x.apply(*granted(x.change_state(event_state::closed)));
      THEN("it stays so") {
        for (auto state : {event_state::scheduled, event_state::draw, event_state::open, event_state::paused})
          CHECK(why(x.change_state(state)) == rejection::bad_request);
        CHECK(repeated(x.note_totals({.free = 5})));
        CHECK(x.may_order()->reason == rejection::sale_not_open);
        CHECK_THROWS_AS(x.apply(event_state_changed{event_state::open}), broken_invariant);
      }
    }
  }
}

SCENARIO("settings that cannot be are refused with the reason") {
  auto wrong = [](auto change) {
    auto settings = some_settings();
    change(settings);
    return check(settings, 2).has_value();
  };
  CHECK(!check(some_settings(), 2));
  CHECK(check(some_settings(), 3)->reason == rejection::bad_request);
  CHECK(wrong([](event_settings& x) { x.currency = "euro"; }));
  CHECK(wrong([](event_settings& x) { x.prices[1] = -1; }));
  CHECK(wrong([](event_settings& x) { x.hold_ttl = seconds{9}; }));
  CHECK(wrong([](event_settings& x) { x.hold_ttl = seconds{3601}; }));
  CHECK(wrong([](event_settings& x) { x.max_seats_per_buyer = 0; }));
  CHECK(wrong([](event_settings& x) { x.max_seats_per_buyer = 1001; }));
  CHECK(wrong([](event_settings& x) { x.admission_per_s = 0; }));
  CHECK(wrong([](event_settings& x) { x.admission_per_s = 100'001; }));
  CHECK(wrong([](event_settings& x) { x.name = std::string(201, 'x'); }));
  CHECK(wrong([](event_settings& x) { x.cancellations.until = event_settings::times_end; }));
  CHECK(wrong([](event_settings& x) {
    x.opens_at = at(10);
    x.closes_at = at(10);
  }));
}

SCENARIO("the currency is settled when the sale begins, because holds have prices in it") {
  GIVEN("an event without any order") {
    event x;
    x.apply(event_defined{some_settings()});
    auto other = some_settings();
    other.currency = "JPY";
    CHECK(granted(x.define(other, 2)) != nullptr);
    WHEN("it is opened") {
      x.apply(event_state_changed{event_state::open});
      THEN("the currency stays") {
        CHECK(why(x.define(other, 2)) == rejection::bad_request);
      }
    }
  }
}

SCENARIO("settings are defined once and changed while selling, all but the currency") {
  GIVEN("an open event with an order") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    THEN("the same settings are no news, others are, another currency is refused") {
      CHECK(repeated(x.define(some_settings(), 2)));
      auto dearer = some_settings();
      dearer.prices[0] = 9000;
      CHECK(granted(x.define(dearer, 2))->settings == dearer);
      dearer.currency = "USD";
      CHECK(why(x.define(dearer, 2)) == rejection::bad_request);
      CHECK(why(x.define(some_settings(), 1)) == rejection::bad_request);
    }
  }
}

SCENARIO("one hold is paid for by one order at a time") {
  GIVEN("an open event with order 1 for hold 1") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    THEN("the same request is recognized, another one under its key is a mismatch") {
      CHECK(repeated(x.start_order(order_of(1, 1))));
      auto other = order_of(1, 1);
      other.request_digest = 78;
      CHECK(why(x.start_order(other)) == rejection::idempotency_mismatch);
      CHECK(why(x.start_order(order_of(1, 1, ben))) == rejection::not_found);
    }
    THEN("a second order has to wait, and an order must add up") {
      CHECK(why(x.start_order(order_of(2, 1))) == rejection::in_progress);
      CHECK(why(x.start_order(order_of(2, 1, ben))) == rejection::not_found);
      auto wrong = order_of(3, 3);
      wrong.total = 1;
      CHECK(why(x.start_order(wrong)) == rejection::bad_request);
    }
    THEN("it is under way until it is over") {
      CHECK(x.orders_under_way() == std::vector{order_number(1)});
      CHECK(why(x.advance_order(order_number(9), order_state::charging, "", at(1))) == rejection::not_found);
    }
    WHEN("the first order fails") {
      go(x, 1, {order_state::charging, order_state::failed});
      x.apply(*granted(x.start_order(order_of(2, 1))));
      THEN("another one may be tried, and once that is confirmed no more") {
        go(x, 2, {order_state::charging, order_state::charged, order_state::confirmed});
        CHECK(x.orders_under_way().empty());
        CHECK(why(x.start_order(order_of(3, 1))) == rejection::hold_expired);
        CHECK(from_snapshot(x) == x);
      }
    }
  }
}

SCENARIO("the orders of one buyer are known without a look at all others") {
  GIVEN("three orders of one buyer, of whom one fails, and one of another buyer") {
    event x = open_event();
    for (std::uint64_t number : {3, 1, 2})
      x.apply(*granted(x.start_order(order_of(number, number))));
    x.apply(*granted(x.start_order(order_of(4, 4, ben))));
    go(x, 2, {order_state::failed});
    using orders = std::vector<order_id>;
    CHECK_EQ(x.orders_of(ada), (orders{order_number(1), order_number(2), order_number(3)}));
    CHECK_EQ(x.orders_of(ben), orders{order_number(4)});
    CHECK_EQ(x.orders_of(buyer_id{"cleo"}), orders{});
    CHECK_EQ(from_snapshot(x).orders_of(ada), x.orders_of(ada));
    // One comes to nothing before anybody heard of it: its buyer has none.
    go(x, 4, {order_state::unacknowledged});
    CHECK_EQ(x.orders_of(ben), orders{});
    WHEN("so many of a buyer's orders have failed since that the first of these is forgotten") {
      for (std::uint64_t number = 0; number < event::unpaid_orders_per_buyer_max; ++number) {
        x.apply(*granted(x.start_order(order_of(100 + number, 100 + number))));
        go(x, 100 + number, {order_state::failed});
      }
      THEN("it is not among the buyer's any more") {
        auto left = x.orders_of(ada);
        CHECK_EQ(left.size(), 2u + event::unpaid_orders_per_buyer_max);
        CHECK(std::ranges::find(left, order_number(2)) == left.end());
        CHECK(from_snapshot(x) == x);
      }
    }
  }
}

SCENARIO("an event keeps so many orders and no more") {
  GIVEN("an open event that has the two orders it may have") {
    event x{2};
    x.apply(event_defined{some_settings()});
    x.apply(event_state_changed{event_state::open});
    x.apply(order_of(1, 1));
    x.apply(order_of(2, 2));
    THEN("another one is refused, and a repeat is a repeat") {
      CHECK(why(x.start_order(order_of(3, 3))) == rejection::limit_exceeded);
      CHECK(repeated(x.start_order(order_of(2, 2))));
    }
    WHEN("one of them comes to nothing") {
      x.apply(order_advanced{order_number(1), order_state::unacknowledged, "", at(1)});
      THEN("there is room for another") {
        CHECK(granted(x.start_order(order_of(3, 3))) != nullptr);
      }
    }
  }
}

SCENARIO("a closed event repeats its answers and starts no order") {
  GIVEN("an open event with order 1 for hold 1") {
    auto x = open_event();
    x.apply(*granted(x.start_order(order_of(1, 1))));
    WHEN("it is closed") {
      x.apply(event_state_changed{event_state::closed});
      THEN("only the order that it knows has an answer") {
        CHECK(repeated(x.start_order(order_of(1, 1))));
        CHECK(why(x.start_order(order_of(4, 4))) == rejection::sale_not_open);
        CHECK(from_snapshot(x) == x);
      }
    }
  }
}

SCENARIO("a sale opens and closes within a time that all clocks can count") {
  GIVEN("an event that closes in the year 2199, and one that was set to close in 9999 before there was a bound") {
    event_settings settings;
    settings.closes_at = event_settings::times_end - seconds{1};
    CHECK(!check(settings, 0));
    settings.closes_at = event_settings::times_end;
    auto far = check(settings, 0);
    REQUIRE(far.has_value());
    CHECK(far->detail.find("closes_at is not before the year 2200") != std::string::npos);
    settings.closes_at.reset();
    settings.opens_at = event_settings::times_end;
    CHECK(check(settings, 0)->detail.find("opens_at") != std::string::npos);
    event old_one;
    settings.opens_at.reset();
    settings.closes_at = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
    old_one.apply(event_defined{settings});
    THEN("other settings of the old one can be changed") {
      settings.admission_per_s = 7;
      CHECK(granted(old_one.define(settings, 0)) != nullptr);
      settings.closes_at = *settings.closes_at + seconds{1};
      CHECK(why(old_one.define(settings, 0)) == rejection::bad_request);
    }
  }
}
