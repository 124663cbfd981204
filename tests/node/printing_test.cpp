#define CAF_SUITE node.printing

#include "node/text_table.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "crowd/crowd.hpp"
#include "node/admin_client.hpp"
#include "node/demo_figures.hpp"
#include "node/event_printing.hpp"
#include "node/option_kinds.hpp"
#include "node/plan_files.hpp"

#include <boost/json/parse.hpp>

#include <limits>
#include <sstream>
#include <stdexcept>

using namespace usher::node;

SCENARIO("tables align text at the left and numbers at the right") {
  GIVEN("a table with both") {
    text_table table{{"name", "count"}};
    table.add({"stalls", "5"});
    table.add({"Böden", "1,234"});
    std::ostringstream out;
    table.print(out);
    CHECK_EQ(out.str(), "name    count\nstalls      5\nBöden   1,234\n");
  }
}

SCENARIO("numbers and money are written for people") {
  GIVEN("some of both") {
    CHECK_EQ(grouped(0), "0");
    CHECK_EQ(grouped(999), "999");
    CHECK_EQ(grouped(1000), "1,000");
    CHECK_EQ(grouped(-1234567), "-1,234,567");
    CHECK_EQ(amount(8950, "EUR"), "89.50 EUR");
    CHECK_EQ(amount(-5, "EUR"), "-0.05 EUR");
    CHECK_EQ(amount(123456789, ""), "1,234,567.89");
  }
}

SCENARIO("money is written with the decimals of its currency") {
  GIVEN("amounts in currencies with other numbers of them") {
    CHECK_EQ(amount(12'000, "JPY"), "12,000 JPY");
    CHECK_EQ(amount(0, "JPY"), "0 JPY");
    CHECK_EQ(amount(-7, "JPY"), "-7 JPY");
    CHECK_EQ(amount(12'345, "KWD"), "12.345 KWD");
    CHECK_EQ(amount(5, "KWD"), "0.005 KWD");
    CHECK_EQ(amount(-1'234'567'890, "BHD"), "-1,234,567.890 BHD");
    CHECK_EQ(amount(0, "EUR"), "0.00 EUR");
    CHECK_EQ(amount(std::numeric_limits<std::int64_t>::min(), "EUR"), "-92,233,720,368,547,758.08 EUR");
  }
}

SCENARIO("numbers are decimal, however many zeros they begin with") {
  GIVEN("texts of configurations and durations") {
    CHECK_EQ(with_decimal_numbers("a = 010s\nb = 09 # 010 \"\nc = \"0x1, 010\"\nd = -007"),
             "a = 10s\nb = 9 # 010 \"\nc = \"0x1, 010\"\nd = -7");
    CHECK_EQ(with_decimal_numbers("0 0.5 00.50 000 10 a010 a.010 '\\'010'"), "0 0.5 0.50 0 10 a010 a.010 '\\'010'");
    CHECK_EQ(with_decimal_numbers("\"010"), "\"010");
    CHECK_THROWS_AS(with_decimal_numbers("a = 0x10"), std::invalid_argument);
    CHECK_THROWS_AS(with_decimal_numbers("a = 0b1"), std::invalid_argument);
    CHECK(to_timespan(caf::config_value{"010s"}) == caf::timespan{std::chrono::seconds{10}});
    CHECK(!to_timespan(caf::config_value{"0x10s"}));
  }
}

SCENARIO("a problem becomes one sentence") {
  GIVEN("problem documents and other bodies") {
    CHECK_EQ(problem_sentence(R"({"title": "No such thing.", "detail": "There is no event opera."})", 404),
             "No such thing: There is no event opera.");
    CHECK_EQ(problem_sentence(R"({"title": "No such thing."})", 404), "No such thing.");
    CHECK_EQ(problem_sentence("<html>", 502), "HTTP status 502");
    CHECK_EQ(problem_sentence("[1]", 500), "HTTP status 500");
  }
}

SCENARIO("a node's answers are shown as tables, whatever is missing in them") {
  GIVEN("an event of two sections") {
    auto event = boost::json::parse(R"({"id": "opera", "name": "Opera", "state": "open",
      "categories": [{"name": "Best", "price": {"amount": 8950, "currency": "EUR"}}, {"name": "Boxes", "price": null}],
      "warnings": ["Boxes have no price."],
      "sections": [{"id": "a", "name": "A", "kind": "seated", "capacity": 10, "free": 4, "held": 3, "sold": 2,
                    "blocked": 1}, {"id": "floor", "kind": "general", "capacity": 1000, "free": 1000}]})");
    std::ostringstream out;
    print_event(event, out);
    print_events(boost::json::parse("{\"events\": []}"), out);
    print_report(nullptr, out);
    CHECK_NE(out.str().find("opera: Opera, open"), std::string::npos);
    CHECK_NE(out.str().find("89.50 EUR"), std::string::npos);
    CHECK_NE(out.str().find("Boxes     none: not for sale"), std::string::npos);
    std::ostringstream warnings;
    print_warnings(event, warnings);
    print_warnings(nullptr, warnings);
    CHECK_EQ(warnings.str(), "Warning: Boxes have no price.\n");
    CHECK_NE(out.str().find("1,000"), std::string::npos);
  }
}

SCENARIO("a plan goes into the request exactly as it is") {
  GIVEN("a plan's text with spaces of its own") {
    CHECK_EQ(event_document({{"name", "x"}}, "{ \"a\" :1}"), R"({"name":"x","plan":{ "a" :1}})");
    CHECK_EQ(event_document({}, "{}"), R"({"plan":{}})");
  }
}

SCENARIO("a demo's figures say ok, or what is not") {
  GIVEN("figures without and with a violation") {
    demo_figures figures{"arena", 10, "EUR", {}, 7, 700, {}};
    figures.crowd.joined = 10;
    std::ostringstream good, bad, table;
    print_json(figures, good);
    figures.violations.emplace_back("seat A-1 was sold twice");
    print_json(figures, bad);
    print_table(figures, table);
    CHECK_EQ(boost::json::parse(good.str()).at("audit").as_string(), "ok");
    CHECK_EQ(boost::json::parse(good.str()).at("sold").as_int64(), 7);
    CHECK_EQ(boost::json::parse(bad.str()).at("audit").at(0).as_string(), "seat A-1 was sold twice");
    CHECK_NE(table.str().find("seat A-1 was sold twice"), std::string::npos);
  }
}
