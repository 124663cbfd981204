#define CAF_SUITE gateway.names

#include "codec/encode.hpp"
#include "codec/json_time.hpp"
#include "codec/public_names.hpp"
#include "codec/random.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

#include <set>

using namespace usher;
using namespace usher::codec;

namespace {

const domain::event_id rock{"rock-2026"};
const domain::hold_id some_hold{0x0123456789abcdef, 0xfedcba9876543210};
const domain::order_id some_order{0x0123456789abcdef, 0xfedcba9876543210};

} // namespace

SCENARIO("what is drawn is as long as asked for, and never drawn twice") {
  CHECK_EQ(random_bytes(32).size(), 32u);
  CHECK_EQ(random_hex(32).size(), 64u);
  CHECK_EQ(random_hex(32).find_first_not_of("0123456789abcdef"), std::string::npos);
  CHECK_NE(random_hex(32), random_hex(32));
  CHECK_NE(random_bytes(16), random_bytes(16));
  CHECK_NE(random_number(), random_number());
}

SCENARIO("names are written as the protocol says") {
  GIVEN("a hold that section 12 granted before section 3, its order and a ticket") {
    messages::hold_granted granted;
    granted.event = rock;
    granted.hold = some_hold;
    granted.sections = {{domain::section_no{12}, {}}, {domain::section_no{3}, {}}};
    THEN("sections are ascending, and everything is in the name") {
      CHECK_EQ(to_string(codec::name_of(granted)), "rock-2026~3+12~0123456789abcdeffedcba9876543210");
      CHECK_EQ(to_string(codec::order_name{rock, some_order}), "rock-2026~0123456789abcdeffedcba9876543210");
      CHECK_EQ(to_string(codec::ticket_name{rock, some_order, 7}), "rock-2026~0123456789abcdeffedcba9876543210~7");
    }
  }
}

SCENARIO("what was written can be read") {
  GIVEN("any hold, order and ticket") {
    THEN("reading gives them back") {
      CHECK(rc::check("names", [](std::uint64_t high, std::uint64_t low, std::set<std::uint16_t> numbers) {
        RC_PRE(!numbers.empty());
        codec::hold_name hold{rock, {}, {high, low}};
        for (auto number : numbers)
          hold.sections.emplace_back(number);
        RC_ASSERT(codec::parse_hold_name(to_string(hold)) == hold);
        codec::order_name order{rock, {high, low}};
        RC_ASSERT(codec::parse_order_name(to_string(order)) == order);
        codec::ticket_name ticket{rock, {high, low}, *numbers.begin() + 1u};
        RC_ASSERT(codec::parse_ticket_name(to_string(ticket)) == ticket);
      }));
    }
  }
}

SCENARIO("a thing has one name only") {
  GIVEN("texts that are nearly names") {
    const std::string id = "0123456789abcdeffedcba9876543210";
    THEN("they are not read") {
      for (const auto& text : std::vector<std::string>{
               std::string{}, std::string{"~"}, "rock~" + id, "rock~~" + id, "rock~1~" + id + "0", "rock~01~" + id,
               "rock~+1~" + id, "rock~1+~" + id, "rock~1+1~" + id, "rock~2+1~" + id, "rock~-1~" + id,
               "rock~65536~" + id, "Rock~1~" + id, "-rock~1~" + id, "rock~1~" + id + "~1",
               "rock~1~0123456789ABCDEFfedcba9876543210", "rock~1 ~" + id})
        CHECK(!codec::parse_hold_name(text));
      for (const auto& text : {std::string{}, "rock" + id, "rock~" + id + "~1", "rock~1~" + id, "~" + id})
        CHECK(!codec::parse_order_name(text));
      for (const auto& text : {"rock~" + id, "rock~" + id + "~0", "rock~" + id + "~01", "rock~" + id + "~",
                               "rock~" + id + "~4294967296", "rock~" + id + "~1~1"})
        CHECK(!codec::parse_ticket_name(text));
    }
  }
}

SCENARIO("any text is a name or is not") {
  GIVEN("random texts") {
    THEN("reading them says so and no more") {
      CHECK(rc::check("random names", [](const std::string& text) {
        if (auto hold = codec::parse_hold_name(text))
          RC_ASSERT(to_string(*hold) == text);
        if (auto order = codec::parse_order_name(text))
          RC_ASSERT(to_string(*order) == text);
        if (auto ticket = codec::parse_ticket_name(text))
          RC_ASSERT(to_string(*ticket) == text);
      }));
    }
  }
}

SCENARIO("a client's key means one hold and one order") {
  GIVEN("buyers, events and keys") {
    domain::buyer_id anna{"anna"}, ann{"ann"};
    THEN("the same key is the same id, and everything else is another") {
      CHECK(codec::derive_hold_id(anna, rock, "k") == codec::derive_hold_id(anna, rock, "k"));
      CHECK(codec::derive_hold_id(anna, rock, "k") != codec::derive_hold_id(anna, rock, "l"));
      CHECK(codec::derive_hold_id(anna, rock, "k") != codec::derive_hold_id(ann, rock, "k"));
      CHECK(codec::derive_hold_id(anna, rock, "k") != codec::derive_hold_id(anna, domain::event_id{"jazz"}, "k"));
      CHECK(codec::derive_hold_id(anna, domain::event_id{"b"}, "k")
            != codec::derive_hold_id(ann, domain::event_id{"ab"}, "k"));
      auto hold = codec::derive_hold_id(anna, rock, "k");
      auto order = codec::derive_order_id(anna, rock, "k");
      CHECK(hold.high != order.high);
      CHECK(hold.low != order.low);
    }
  }
}

SCENARIO("drawn ids are not drawn twice") {
  GIVEN("two drawn ids") {
    THEN("they differ") {
      CHECK(codec::draw_hold_id() != codec::draw_hold_id());
      CHECK(codec::draw_name() != codec::draw_name());
      CHECK_EQ(codec::draw_name().size(), 32u);
    }
  }
}

SCENARIO("times are RFC 3339 in UTC with milliseconds") {
  using namespace std::chrono;
  GIVEN("moments") {
    THEN("they are written and read") {
      domain::instant moment = sys_days{year{2026} / 2 / 28} + 23h + 59min + 59s + 999'999us;
      CHECK_EQ(codec::to_text(moment), "2026-02-28T23:59:59.999Z");
      CHECK(codec::parse_time("2026-02-28T23:59:59.999999Z") == moment);
      CHECK(codec::parse_time("2026-03-01T01:29:59.9999999+01:30") == moment);
      CHECK(codec::parse_time("2026-02-28t20:59:59.999999-03:00") == moment);
      CHECK(codec::parse_time("1970-01-01T00:00:00Z") == domain::instant{});
      CHECK(rc::check("times", [](std::uint32_t second, std::uint16_t ms) {
        domain::instant any{seconds{second} + milliseconds{ms % 1000}};
        RC_ASSERT(codec::parse_time(codec::to_text(any)) == any);
      }));
    }
  }
}

SCENARIO("what is not a time is not read as one") {
  GIVEN("texts that are nearly times") {
    THEN("they are refused") {
      for (auto text : {"",
                        "2026",
                        "2026-02-29T00:00:00Z",
                        "2026-13-01T00:00:00Z",
                        "2026-00-01T00:00:00Z",
                        "2026-01-01T24:00:00Z",
                        "2026-01-01T00:60:00Z",
                        "2026-01-01T00:00:60Z",
                        "2026-01-01T00:00:00",
                        "2026-01-01T00:00:00.Z",
                        "2026-01-01T00:00:00ZZ",
                        "2026-01-01T00:00:00+24:00",
                        "2026-01-01T00:00:00+0100",
                        "1969-12-31T23:59:59Z",
                        "26-01-01T00:00:00Z",
                        " 2026-01-01T00:00:00Z",
                        "2026-1-01T00:00:00Z",
                        "2026-01-01X00:00:00Z",
                        "9999-12-31T23:59:59-00:01",
                        "1970-01-01T00:00:00+00:01"})
        CHECK(!parse_time(text));
    }
  }
}
