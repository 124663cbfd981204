#define CAF_SUITE domain.prices

#include "domain/currency.hpp"
#include "domain/event.hpp"
#include "domain/settings_change.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

/// The second category has no price.
const section_terms near_only{.prices = {5000, {}}};

template <class Fact>
rejection why(const decision<Fact>& decided) {
  const auto* no = refused(decided);
  CAF_REQUIRE(no != nullptr);
  return no->reason;
}

event_settings some_settings() {
  event_settings result;
  result.name = "Rock";
  result.prices = {5000, 3000};
  return result;
}

} // namespace

SCENARIO("a currency has as many decimals as ISO 4217 says, or is none") {
  GIVEN("codes of all kinds") {
    CHECK(decimals_of("EUR") == 2);
    CHECK(decimals_of("ZWG") == 2);
    CHECK(decimals_of("AED") == 2);
    CHECK(decimals_of("JPY") == 0);
    CHECK(decimals_of("ISK") == 0);
    CHECK(decimals_of("KWD") == 3);
    CHECK(decimals_of("UYW") == 4);
    for (auto none : {"", "EU", "EUO", "eur", "EURO", "XAU", "XTS", "XXX", "UR ", "R A"})
      CHECK(!decimals_of(none));
  }
}

SCENARIO("seats without a price are not for sale, and seats at 0 are") {
  GIVEN("two rows, the second without a price") {
    auto here = empty_section(rows_of({4, 4}, {0, 1}));
    auto ask = [&](const wish& wanted, const section_terms& terms = near_only) {
      return here.hold(hold_number(1), ada, wanted, 1, terms, at(300));
    };
    THEN("a wish for one of them is refused as a whole, and names it") {
      auto refused_one = ask(seats_wish{seats({3, 4})});
      CHECK(why(refused_one) == rejection::not_for_sale);
      CHECK(refused(refused_one)->seats == seats({4}));
      CHECK(granted(ask(seats_wish{seats({3})})) != nullptr);
    }
    THEN("they are free of charge when somebody has said so") {
      auto free = ask(seats_wish{seats({4})}, {.prices = {5000, 0}});
      REQUIRE(granted(free) != nullptr);
      CHECK_EQ(granted(free)->seats.front().price, 0);
    }
    THEN("the best seats are others, and none when all others are taken") {
      CHECK(why(ask(best_wish{.quantity = 1, .category = category_no{1}})) == rejection::not_for_sale);
      auto four = ask(best_wish{.quantity = 4});
      REQUIRE(granted(four) != nullptr);
      CHECK(unpriced(granted(four)->seats) == seats({0, 1, 2, 3}));
      CHECK(why(ask(best_wish{.quantity = 5})) == rejection::sold_out);
      CHECK(why(ask(best_wish{.quantity = 1}, {.prices = {{}, {}}})) == rejection::not_for_sale);
    }
    THEN("a hold that was granted is repeated, whatever became of its price") {
      here.apply(*granted(ask(seats_wish{seats({4})}, plain_terms)));
      CHECK(repeated(ask(seats_wish{seats({4})})));
    }
  }
}

SCENARIO("a floor without a price is not for sale") {
  GIVEN("a floor") {
    auto here = empty_section(floor_of(10));
    auto ask = [&](const wish& wanted, const section_terms& terms) {
      return here.hold(hold_number(1), ada, wanted, 1, terms, at(300));
    };
    CHECK(why(ask(quantity_wish{2}, near_only)) == rejection::not_for_sale);
    CHECK(why(ask(best_wish{.quantity = 2}, near_only)) == rejection::not_for_sale);
    CHECK(granted(ask(quantity_wish{2}, plain_terms)) != nullptr);
  }
}

SCENARIO("no sale begins without any price") {
  GIVEN("settings with none, and with one") {
    event fresh;
    auto none = some_settings();
    none.prices = {{}, {}};
    auto refused_opening = fresh.may_become(none, 2, event_state::open);
    REQUIRE(refused_opening.has_value());
    CHECK(refused_opening->reason == rejection::bad_request);
    CHECK_EQ(refused_opening->setting, "prices");
    CHECK(!fresh.may_become(none, 2, std::nullopt));
    auto one = none;
    one.prices = {{}, 0};
    CHECK(!fresh.may_become(one, 2, event_state::open));
    fresh.apply(event_defined{one});
    CHECK(!fresh.sells(category_no{0}));
    CHECK(fresh.sells(category_no{1}));
  }
}

SCENARIO("settings that are wrong are named") {
  GIVEN("settings with one fault each") {
    auto setting_of = [](auto change) {
      auto settings = some_settings();
      change(settings);
      auto no = check(settings, 2);
      return no ? no->setting : "(none)";
    };
    CHECK_EQ(setting_of([](auto& x) { x.name = std::string(201, 'x'); }), "name");
    CHECK_EQ(setting_of([](auto& x) { x.prices = {-1, 0}; }), "prices");
    CHECK_EQ(setting_of([](auto& x) { x.hold_ttl = seconds{1}; }), "hold_ttl_s");
    CHECK_EQ(setting_of([](auto& x) {
               x.opens_at = at(10);
               x.closes_at = at(10);
             }),
             "closes_at");
    CHECK_EQ(setting_of([](auto& x) { x.prices = {{}, 0}; }), "(none)");
  }
}

SCENARIO("a change says what it says and leaves the rest") {
  const std::vector<std::string> now_names{"near", "far"};
  GIVEN("settings that nobody would have by default") {
    auto now = some_settings();
    now.currency = "CHF";
    now.hold_ttl = seconds{60};
    now.max_seats_per_buyer = 2;
    now.admission_per_s = 7;
    now.max_shopping = 9;
    now.waiting_room = false;
    now.refuse_orphans = true;
    now.opens_at = at(10);
    now.closes_at = at(20);
    THEN("a change that says nothing changes nothing") {
      CHECK(changed(now, {}, now_names, now_names) == now);
    }
    THEN("a change that says everything replaces everything") {
      event_settings other;
      other.prices = {{}, 7};
      CHECK(changed(now, other, now_names, now_names) == other);
    }
    THEN("a name alone leaves prices, limit and times") {
      settings_change renamed;
      renamed.name = "Gala Night";
      auto wanted = now;
      wanted.name = "Gala Night";
      CHECK(changed(now, renamed, now_names, now_names) == wanted);
    }
    THEN("prices follow their categories to another plan, and new ones have none") {
      settings_change nothing;
      auto next = changed(now, nothing, now_names, {"far", "boxes", "near"});
      CHECK(next.prices == (std::vector<price>{3000, {}, 5000}));
    }
    THEN("a price or a time can be taken away") {
      settings_change taken;
      taken.prices = {std::nullopt, price{}};
      taken.closes_at = std::optional<instant>{};
      auto next = changed(now, taken, now_names, now_names);
      CHECK(next.prices == (std::vector<price>{5000, {}}));
      CHECK(next.opens_at == at(10));
      CHECK(!next.closes_at.has_value());
    }
  }
}
