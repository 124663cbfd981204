#define CAF_SUITE gateway.bodies

#include "codec/bodies.hpp"
#include "tests/codec/hall.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::codec;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const auto hall = small_hall();
const std::string hold_text = "rock~3~0123456789abcdeffedcba9876543210";
const std::string plan_text = R"({ "name":"P", "extra":{"a":[1,"}\""]}, "categories":[{"name":"C"}],
  "zones":[{"name":"F","position":{"x":0,"y":0},"general":{"capacity":5,"category":"C"}}] })";

using said_prices = std::vector<std::optional<domain::price>>;

template <class Body>
Body good(const codec::read_body<Body>& body) {
  if (const auto* what = std::get_if<codec::problem>(&body))
    CAF_FAIL(what->pointer << " " << what->detail);
  return std::get<Body>(body);
}

template <class Body>
std::string fault_at(const codec::read_body<Body>& body) {
  const auto* what = std::get_if<codec::problem>(&body);
  return what ? what->pointer : "(none)";
}

auto change(std::string_view text) {
  return codec::read_event_change(text, rock, *hall);
}

auto block(std::string_view text) {
  return codec::read_block_body(text, rock, *hall, true);
}

} // namespace

SCENARIO("bodies that need say nothing may be empty") {
  GIVEN("nothing, an object and something else") {
    THEN("the last is refused") {
      CHECK(!codec::check_empty_body(""));
      CHECK(!codec::check_empty_body(" \r\n"));
      CHECK(!codec::check_empty_body("{}"));
      CHECK(!codec::check_empty_body(R"({"locale":"de"})"));
      CHECK(codec::check_empty_body("[]"));
      CHECK(codec::check_empty_body("{"));
    }
  }
}

SCENARIO("buyers' bodies are read like their frames") {
  GIVEN("a hold and an order") {
    THEN("they are read, and faults are pointed at") {
      CHECK(good(codec::read_hold_body(R"({"seats":["A"]})")) == codec::places_wish{codec::named_seats{{"A"}}});
      CHECK_EQ(fault_at(codec::read_hold_body(R"({"seats":[1]})")), "/seats/0");
      CHECK_EQ(fault_at(codec::read_hold_body("{}")), "");
      CHECK_EQ(fault_at(codec::read_hold_body("")), "");
      CHECK_EQ(fault_at(codec::read_hold_body("[]")), "");
      auto order = good(codec::read_order_body(R"({"hold":")" + hold_text + R"(","payment":{"method":"card"}})"));
      CHECK_EQ(to_string(order.hold), hold_text);
      CHECK_EQ(order.method, "card");
      CHECK_EQ(fault_at(codec::read_order_body(R"({"payment":{"method":"card"}})")), "/hold");
      CHECK_EQ(fault_at(codec::read_order_body(R"({"hold":")" + hold_text + R"(","payment":7})")), "/payment");
    }
  }
}

SCENARIO("an event is defined with its plan exactly as it was sent") {
  GIVEN("a definition with everything in it") {
    auto body = good(codec::read_event_body(R"({"name":"Rock","currency":"CHF","prices":{"C":8950},"hold_ttl_s":60,
      "max_seats_per_buyer":4,"admission_per_s":50,"max_shopping":1000,"waiting_room":false,"refuse_orphans":true,
      "opens_at":"2026-11-22T19:30:00Z","closes_at":"2026-11-23T19:30:00+01:00","state":"open","p\u006can":)"
                                            + plan_text + "}"));
    THEN("everything is read") {
      CHECK(body.settings.name == "Rock");
      CHECK(body.settings.currency == "CHF");
      CHECK(body.settings.hold_ttl == 60s);
      CHECK(body.settings.max_seats_per_buyer == 4u);
      CHECK(body.settings.admission_per_s == 50u);
      CHECK(body.settings.max_shopping == 1000u);
      CHECK(body.settings.waiting_room == false);
      CHECK(body.settings.refuse_orphans == true);
      CHECK(**body.settings.closes_at - **body.settings.opens_at == 23h);
      CHECK(body.state == domain::event_state::open);
      CHECK_EQ(*body.plan_text, plan_text);
      CHECK_EQ(body.plan->capacity(), 5u);
      CHECK(std::get<0>(resolve_prices(body.prices, *body.plan)) == said_prices{domain::price{8950}});
    }
  }
}

SCENARIO("what a definition leaves out is not said") {
  GIVEN("a plan alone, and nothing at all") {
    THEN("nothing is said of name, prices and times") {
      auto body = good(read_event_body(R"({"plan":)" + plan_text + "}"));
      CHECK(body.settings == domain::settings_change{});
      CHECK(std::get<0>(resolve_prices(body.prices, *body.plan)) == said_prices(1));
      auto nothing = good(read_event_body("{}"));
      CHECK(nothing.plan == nullptr);
      CHECK(nothing.plan_text == nullptr);
    }
  }
}

SCENARIO("null takes a price or a time away, and 0 is a price") {
  GIVEN("a definition with both") {
    auto body = good(read_event_body(R"({"prices":{"Gold":0,"Silver":null},"opens_at":null})"));
    THEN("that is what it says") {
      CHECK((std::get<0>(resolve_prices(body.prices, *hall))
             == said_prices{domain::price{0}, domain::price{}, std::nullopt}));
      REQUIRE(body.settings.opens_at.has_value());
      CHECK(!body.settings.opens_at->has_value());
      CHECK(!body.settings.closes_at.has_value());
    }
  }
}

SCENARIO("a byte order mark before a body means nothing") {
  GIVEN("bodies that an editor has saved with one") {
    const std::string mark = "\xEF\xBB\xBF";
    THEN("they are read as without it") {
      CHECK(good(read_event_body(mark + R"({"plan":)" + plan_text + "}")).plan_text->front() == '{');
      CHECK(good(read_event_body(mark + R"({"name":"Rock"})")).settings.name == "Rock");
      CHECK(good(read_hold_body(mark + R"({"seats":["A"]})")) == places_wish{named_seats{{"A"}}});
      CHECK_EQ(fault_at(read_event_body(mark + mark + "{}")), "");
    }
  }
}

SCENARIO("a wrong definition is refused where it is wrong") {
  GIVEN("one of each") {
    THEN("the pointer leads there") {
      CHECK_EQ(fault_at(codec::read_event_body("nonsense")), "");
      CHECK_EQ(fault_at(codec::read_event_body("[]")), "");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"hold_tll_s":60})")), "/hold_tll_s");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"hold_ttl_s":9})")), "/hold_ttl_s");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"hold_ttl_s":3601})")), "/hold_ttl_s");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"max_seats_per_buyer":0})")), "/max_seats_per_buyer");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"admission_per_s":0})")), "/admission_per_s");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"waiting_room":"yes"})")), "/waiting_room");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"currency":"euro"})")), "/currency");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"currency":"EUO"})")), "/currency");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"currency":"XAU"})")), "/currency");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"name":")" + std::string(201, 'x') + "\"}")), "/name");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"opens_at":"9999-12-31T23:59:59-00:01"})")), "/opens_at");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"opens_at":"0000-01-01T00:00:00Z"})")), "/opens_at");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"closes_at":"2500-01-01T00:00:00Z"})")), "/closes_at");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"closes_at":"2200-01-01T00:00:00Z"})")), "/closes_at");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"closes_at":"2199-12-31T23:59:59Z"})")), "(none)");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"state":"sold_out"})")), "/state");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"state":"draw"})")), "/state"); // until there is a draw
      CHECK_EQ(fault_at(codec::read_event_change(R"({"state":"draw"})", rock, *hall)), "/state");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"opens_at":"tomorrow"})")), "/opens_at");
      CHECK_EQ(
          fault_at(codec::read_event_body(R"({"opens_at":"2026-01-02T00:00:00Z","closes_at":"2026-01-01T00:00:00Z"})")),
          "/closes_at");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"rehold_pause_s":3601})")), "/rehold_pause_s");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":"never"})")), "/cancellations");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":7})")), "/cancellations");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":{}})")), "/cancellations/until");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":{"until":"soon"}})")), "/cancellations/until");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":{"until":"2200-01-01T00:00:00Z"}})")),
               "/cancellations/until");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"cancellations":{"until":null,"by":"x"}})")), "/cancellations/by");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"prices":{"a/b":-1}})")), "/prices/a~1b");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"prices":[1]})")), "/prices");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"plan":"theatre"})")), "/plan");
      CHECK_EQ(fault_at(codec::read_event_body(R"({"plan":{"name":"x","categories":[{"name":"a"}],"zones":[]}})")),
               "/plan/zones");
      CHECK_EQ(std::get<codec::problem>(codec::resolve_prices({{"Tin", 1}}, *hall)).pointer, "/prices/Tin");
    }
  }
}

SCENARIO("whether an event is hidden comes with what it is, not with a change while it sells") {
  CHECK(good(read_event_body(R"({"hidden":true})")).settings.hidden == true);
  CHECK(!good(read_event_body("{}")).settings.hidden);
  CHECK_EQ(fault_at(codec::read_event_body(R"({"hidden":"yes"})")), "/hidden");
  CHECK(std::holds_alternative<problem>(change(R"({"hidden":true})")));
}

SCENARIO("the rule for cancellations is a word, or a time") {
  using who = domain::cancellation_rule::who;
  auto rule = [](const std::string& json) {
    auto text = R"({"cancellations":)" + json + "}";
    auto put = good(read_event_body(text)).settings.cancellations;
    CHECK(put == good(change(text)).cancellations);
    return put;
  };
  CHECK((rule(R"("none")") == domain::cancellation_rule{who::nobody, {}}));
  CHECK((rule(R"("operators")") == domain::cancellation_rule{who::operators, {}}));
  CHECK((rule(R"({"until":null})") == domain::cancellation_rule{}));
  CHECK((rule(R"({"until":"1970-01-01T00:00:07Z"})")
         == domain::cancellation_rule{who::buyers, domain::instant{domain::seconds{7}}}));
  CHECK(!good(read_event_body("{}")).settings.cancellations);
}

SCENARIO("an operator's search for orders is read strictly") {
  auto read = [](std::string_view query) { return codec::read_order_query(query, rock, *hall); };
  auto is_wrong = [&](std::string_view query) { return std::holds_alternative<codec::problem>(read(query)); };
  const std::string order = "rock~0000000000000009000000000000000a";
  auto all = good(read("buyer=a%20b%26c&state=stuck&limit=1000&after=" + order));
  CHECK(all.event == rock);
  CHECK(all.buyer == domain::buyer_id{"a b&c"});
  CHECK(all.state == domain::order_selection::stuck);
  CHECK_EQ(all.limit, 1000u);
  CHECK((all.after == domain::order_id{9, 10}));
  CHECK(!all.seat);
  CHECK_EQ(good(read("")).limit, 100u);
  auto guid = hall->guid({domain::section_no{0}, domain::seat_no{1}});
  CHECK((good(read("seat=" + guid)).seat == domain::seat_place{domain::section_no{0}, domain::seat_no{1}}));
  CHECK((good(read("order=" + order)).order == domain::order_id{9, 10}));
  for (auto query :
       {"state=sold", "limit=0", "limit=1001", "limit=7x", "limit=", "order=pop~0000000000000009000000000000000a",
        "order=9", "seat=nowhere", "colour=red", "buyer=a&buyer=b", "buyer=%zz", "state", "buyer=%00"})
    CHECK(is_wrong(query));
}

SCENARIO("an event is changed by what is said and by nothing else") {
  GIVEN("changes") {
    THEN("they are read strictly") {
      auto all = good(change(R"({"state":"paused","admission_per_s":7,"max_shopping":0,"max_seats_per_buyer":2,
                                 "hold_ttl_s":30,"prices":{"Silver":1}})"));
      CHECK(all.event == rock);
      CHECK(all.state == domain::event_state::paused);
      CHECK_EQ(all.admission_per_s.value(), 7u);
      CHECK_EQ(all.max_shopping.value(), 0u);
      CHECK_EQ(all.max_seats_per_buyer.value(), 2u);
      CHECK(all.hold_ttl == 30s);
      CHECK_EQ(all.prices.size(), 1u);
      CHECK_EQ(all.prices[0].first, "Silver");
      auto one = good(change(R"({"admission_per_s":7})"));
      CHECK(!one.state);
      CHECK(!one.hold_ttl);
      CHECK_EQ(fault_at(change("{}")), "");
      CHECK_EQ(fault_at(change(R"({"rate":7})")), "/rate");
      CHECK_EQ(fault_at(change(R"({"admission_per_s":7.5})")), "/admission_per_s");
      CHECK_EQ(fault_at(change(R"({"prices":{"Tin":1}})")), "/prices/Tin");
      CHECK_EQ(fault_at(change(R"({"state":"burning"})")), "/state");
    }
  }
}

SCENARIO("seats are blocked by name, by section or by quantity") {
  GIVEN("bodies") {
    THEN("each becomes parts by section") {
      auto seats = good(block(R"({"seats":["B-1","S-A-1","S-A-2"]})"));
      CHECK(seats.block);
      CHECK_EQ(seats.parts.size(), 2u);
      CHECK_EQ(seats.parts[0].seats.size(), 2u);
      auto section = good(block(R"({"section":"stalls"})"));
      CHECK_EQ(section.parts.at(0).seats.size(), 8u);
      auto floor = good(block(R"({"section":"floor","quantity":30})"));
      CHECK_EQ(floor.parts.at(0).quantity, 30u);
      CHECK(floor.parts.at(0).seats.empty());
      CHECK_EQ(good(block(R"({"section":"floor"})")).parts.at(0).quantity, 100u);
      CHECK_EQ(fault_at(block("{}")), "");
      CHECK_EQ(fault_at(block(R"({"seats":["B-1"],"section":"floor"})")), "");
      CHECK_EQ(fault_at(block(R"({"seats":["nobody"]})")), "/seats/0");
      CHECK_EQ(fault_at(block(R"({"section":"nowhere"})")), "/section");
      CHECK_EQ(fault_at(block(R"({"section":"stalls","quantity":3})")), "/quantity");
      CHECK_EQ(fault_at(block(R"({"section":"floor","quantity":0})")), "/quantity");
      CHECK_EQ(fault_at(block(R"({"rows":[]})")), "/rows");
    }
  }
}

SCENARIO("any text is a body or a problem") {
  GIVEN("random bytes and damaged bodies") {
    const auto whole = R"({"name":"Rock","prices":{"C":8950},"plan":)" + plan_text + "}";
    THEN("reading them says which") {
      CHECK(rc::check("bodies", [&](const std::string& text, std::uint16_t at, char c) {
        (void)codec::read_hold_body(text);
        (void)change(text);
        auto damaged = whole;
        damaged[at % damaged.size()] = c;
        (void)codec::read_event_body(damaged);
      }));
    }
  }
}
