#define CAF_SUITE gateway.plan

#include "codec/plan_text.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace usher;
using namespace usher::codec;

namespace {

/// A hall as people draw it: unknown members, nested offsets, a zone of areas only, a floor.
const std::string whole = R"({
  "name": "Hall", "size": {"width": 100, "height": 100}, "uuid": "x",
  "categories": [{"name": "Gold", "color": "#fff"}, {"name": "Silver"}],
  "zones": [
    {"name": "Stage", "position": {"x": 0, "y": 0}, "rows": [], "areas": [{"shape": "rectangle"}]},
    {"name": "Rang 2, Mitte", "position": {"x": 100, "y": 200}, "rows": [
      {"row_number": "A", "row_number_position": "start", "position": {"x": 10, "y": 20}, "seats": [
        {"seat_guid": "A-1", "seat_number": "1", "position": {"x": 1, "y": 2.5}, "category": "Gold", "rotation": 3},
        {"seat_guid": "A-2", "seat_number": "", "position": {"x": 2, "y": 2}, "category": "Silver",
         "flags": ["accessible", "restricted_view"]}]},
      {"row_number": "", "seats": []},
      {"row_number": "B", "seats": [
        {"seat_guid": "B-1", "seat_number": "1", "position": {"x": -1, "y": 0}, "category": "Silver",
         "flags": ["companion"]}]}]},
    {"name": "Rang 2 mitte", "zone_id": "not / safe", "position": {"x": 0, "y": 0}, "rows": [
      {"row_number": "A", "seats": [
        {"seat_guid": "C-1", "seat_number": "1", "position": {"x": 0, "y": 0}, "category": "Gold"}]}]},
    {"name": "!", "zone_id": "rang-2-mitte", "position": {"x": 0, "y": 0},
     "general": {"capacity": 50, "category": "Silver"}}
  ]})";

domain::shared_plan good(std::string_view text) {
  auto result = codec::parse_plan(text);
  if (auto* fault = std::get_if<codec::plan_fault>(&result))
    CAF_FAIL(fault->pointer << ": " << fault->sentence);
  return std::get<domain::shared_plan>(result);
}

/// Where the plan is refused with `from` replaced by `to`, once.
std::string fault_with(const std::string& from, const std::string& to) {
  auto text = whole;
  auto at = text.find(from);
  CAF_REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  auto result = codec::parse_plan(text);
  auto* fault = std::get_if<codec::plan_fault>(&result);
  if (!fault)
    return "(none)";
  CHECK(!fault->sentence.empty());
  return fault->pointer;
}

std::string shipped(const std::string& name) {
  std::ifstream file{std::filesystem::path{USHER_SOURCE_DIR} / "deploy/plans" / name, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

SCENARIO("a plan is read with all offsets added up") {
  GIVEN("a hall") {
    auto plan = good(whole);
    THEN("zones are sections, except those that only have areas") {
      CHECK_EQ(plan->name(), "Hall");
      CHECK_EQ(plan->categories(), (std::vector<std::string>{"Gold", "Silver"}));
      CHECK_EQ(plan->sections().size(), 3u);
      CHECK_EQ(plan->capacity(), 54u);
      const auto& first = plan->sections()[0];
      CHECK_EQ(first.name, "Rang 2, Mitte");
      CHECK_EQ(first.rows, (std::vector<std::string>{"A", "B"}));
      CHECK_EQ(first.seats.size(), 3u);
      CHECK_EQ(first.seats[0].position.x, 111.0);
      CHECK_EQ(first.seats[0].position.y, 222.5);
      CHECK_EQ(first.seats[2].position.x, 99.0);
      CHECK_EQ(first.seats[2].row, 1u);
      CHECK(first.seats[1].category == domain::category_no{1});
      CHECK(first.seats[1].accessible);
      CHECK(first.seats[1].restricted_view);
      CHECK(!first.seats[1].companion);
      CHECK(first.seats[2].companion);
      const auto& floor = plan->sections()[2];
      CHECK(floor.general());
      CHECK_EQ(floor.general_capacity, 50u);
      CHECK(floor.general_category == domain::category_no{1});
    }
  }
}

SCENARIO("sections have unique ids, and the file's own go first") {
  GIVEN("a given id that two names also lead to") {
    auto plan = good(whole);
    THEN("the names give way") {
      CHECK_EQ(plan->sections()[2].id, "rang-2-mitte");
      CHECK_EQ(plan->sections()[0].id, "rang-2-mitte-2");
      CHECK_EQ(plan->sections()[1].id, "rang-2-mitte-3");
    }
  }
}

SCENARIO("an id that was made from a name is known as such") {
  auto plan = good(whole);
  for (const auto& section : plan->sections())
    CHECK_EQ(section.id_is_made_up, section.id != "rang-2-mitte");
}

SCENARIO("a row is interrupted where the file says so") {
  GIVEN("a row of three seats that is interrupted before its second") {
    std::string row = R"("row_number": "A", "row_number_position": "start",)";
    auto with_breaks = [&](const std::string& breaks) { return row + R"( "segment_breaks": )" + breaks + ","; };
    auto text = whole;
    text.replace(text.find(row), row.size(), with_breaks("[0, 1, 2]"));
    auto plan = good(text);
    const auto& section = plan->section(plan->find_seat("A-1")->section);
    CHECK(section.seats[0].after_break);
    CHECK(section.seats[1].after_break);
    CHECK(!section.seats[2].after_break);
    THEN("anything but an index of the row is refused, with its place") {
      CHECK_EQ(fault_with(row, with_breaks("[1, 3]")), "/zones/1/rows/0/segment_breaks/1");
      CHECK_EQ(fault_with(row, with_breaks("[-1]")), "/zones/1/rows/0/segment_breaks/0");
      CHECK_EQ(fault_with(row, with_breaks(R"(["1"])")), "/zones/1/rows/0/segment_breaks/0");
      CHECK_EQ(fault_with(row, with_breaks("3")), "/zones/1/rows/0/segment_breaks");
      CHECK_EQ(fault_with(row, with_breaks("null")), "(none)");
    }
  }
}

SCENARIO("a file that breaks the format is refused with the place") {
  GIVEN("the hall with one fault") {
    THEN("the pointer leads to it") {
      CHECK_EQ(fault_with("{", "["), "");
      CHECK_EQ(fault_with(R"("name": "Hall",)", ""), "/name");
      CHECK_EQ(fault_with(R"("name": "Hall")", R"("name": 7)"), "/name");
      CHECK_EQ(fault_with(R"("categories": [)", R"("kategorien": [)"), "/categories");
      CHECK_EQ(fault_with(R"({"name": "Silver"})", R"({"name": "Gold"})"), "/categories/1/name");
      CHECK_EQ(fault_with(R"({"name": "Silver"})", R"("Silver")"), "/categories/1");
      CHECK_EQ(fault_with(R"("zones": [)", R"("zonen": [)"), "/zones");
      CHECK_EQ(fault_with(R"("zones": [)", R"("zones": ["x",)"), "/zones/0");
      CHECK_EQ(fault_with(R"("position": {"x": 100, "y": 200}, )", ""), "(none)");
      CHECK_EQ(fault_with(R"("name": "Stage", )", ""), "/zones/0/name");
      CHECK_EQ(fault_with(R"("name": "!", )", ""), "(none)");
      CHECK_EQ(fault_with(R"({"x": 100, "y": 200})", R"({"x": 100})"), "/zones/1/position/y");
      CHECK_EQ(fault_with(R"({"x": 100, "y": 200})", R"({"x": "100", "y": 200})"), "/zones/1/position/x");
      CHECK_EQ(fault_with(R"({"x": 100, "y": 200})", R"({"x": 1e999, "y": 200})"), "/zones/1/position/x");
      CHECK_EQ(fault_with(R"("rows": [], "areas")", R"("areas")"), "/zones/0/rows");
      CHECK_EQ(fault_with(R"("rows": [],)", R"("rows": [3],)"), "/zones/0/rows/0");
      CHECK_EQ(fault_with(R"({"row_number": "A", "row)", R"({"row)"), "/zones/1/rows/0/row_number");
      CHECK_EQ(fault_with(R"("row_number": "", "seats": [])", R"("row_number": "")"), "/zones/1/rows/1/seats");
      CHECK_EQ(fault_with(R"("row_number": "", "seats": [])", R"("row_number": "", "seats": [1])"),
               "/zones/1/rows/1/seats/0");
      CHECK_EQ(fault_with(R"("seat_guid": "A-2")", R"("seat_guid": "A-1")"), "/zones/1/rows/0/seats/1/seat_guid");
      CHECK_EQ(fault_with(R"("seat_guid": "C-1")", R"("seat_guid": "A-1")"), "/zones/2/rows/0/seats/0/seat_guid");
      CHECK_EQ(fault_with(R"("seat_guid": "C-1")", R"("seat_guid": "")"), "/zones/2/rows/0/seats/0/seat_guid");
      CHECK_EQ(fault_with(R"("seat_guid": "C-1")", R"("seat_guid": 1)"), "/zones/2/rows/0/seats/0/seat_guid");
      CHECK_EQ(fault_with(R"("seat_guid": "C-1")", R"("seat_guid": "rang-2-mitte:50")"),
               "/zones/2/rows/0/seats/0/seat_guid");
      CHECK_EQ(fault_with(R"("seat_guid": "C-1")", R"("seat_guid": "rang-2-mitte:51")"), "(none)");
      CHECK_EQ(fault_with(R"("seat_number": "1", )", ""), "/zones/1/rows/0/seats/0/seat_number");
      CHECK_EQ(fault_with(R"("category": "Gold", "rotation")", R"("category": "Tin", "rotation")"),
               "/zones/1/rows/0/seats/0/category");
      CHECK_EQ(fault_with(R"("category": "Gold", "rotation")", R"("rotation")"), "/zones/1/rows/0/seats/0/category");
      CHECK_EQ(fault_with(R"("accessible", )", R"("acessible", )"), "/zones/1/rows/0/seats/1/flags/0");
      CHECK_EQ(fault_with(R"(["companion"])", R"("companion")"), "/zones/1/rows/2/seats/0/flags");
      CHECK_EQ(fault_with(R"("capacity": 50)", R"("capacity": 0)"), "/zones/3/general/capacity");
      CHECK_EQ(fault_with(R"("capacity": 50)", R"("capacity": 200001)"), "/zones/3/general/capacity");
      CHECK_EQ(fault_with(R"("capacity": 50)", R"("capacity": 199999)"), "/zones/3/general/capacity");
      CHECK_EQ(fault_with(R"("capacity": 50)", R"("capacity": 199996)"), "(none)");
      CHECK_EQ(fault_with(R"("category": "Silver"}}
  ])",
                          R"("category": "Tin"}}])"),
               "/zones/3/general/category");
      CHECK_EQ(fault_with(R"("zone_id": "not / safe",)", R"("general": {"capacity": 1, "category": "Gold"},)"),
               "/zones/2/general");
      CHECK_EQ(fault_with(R"("zone_id": "not / safe")", R"("zone_id": 7)"), "/zones/2/zone_id");
    }
  }
}

SCENARIO("a plan without places is refused") {
  GIVEN("plans of nothing") {
    THEN("the zones are at fault") {
      auto fault = [](std::string_view text) { return std::get<codec::plan_fault>(codec::parse_plan(text)).pointer; };
      CHECK_EQ(fault(R"({"name":"x","categories":[{"name":"a"}],"zones":[]})"), "/zones");
      CHECK_EQ(fault(R"({"name":"x","categories":[{"name":"a"}],
                         "zones":[{"name":"y","position":{"x":0,"y":0},"rows":[]}]})"),
               "/zones");
      CHECK_EQ(fault(R"({"name":"x","categories":[],"zones":[]})"), "/zones");
      CHECK_EQ(fault("7"), "");
      CHECK_EQ(fault(""), "");
    }
  }
}

SCENARIO("a fault is told in the words of the plan") {
  GIVEN("a plan of one zone with two rows") {
    auto seat = [](const std::string& guid, const std::string& number, const std::string& more) {
      return R"({"seat_guid":")" + guid + R"(","seat_number":")" + number + "\"," + more + "}";
    };
    const std::string plain = R"("position":{"x":1,"y":0},"category":"Gold")";
    auto plan = [&](const std::string& zone, const std::string& one, const std::string& two) {
      return R"({"name":"Hall","categories":[{"name":"Gold"}],"zones":[{)" + zone
             + R"("rows":[{"row_number":"A","seats":[)" + one + R"(]},{"row_number":"A","seats":[)" + two + "]}]}]}";
    };
    auto fault = [&](const std::string& one, const std::string& two) {
      auto result = parse_plan(plan(R"("name":"Ground",)", one, two));
      auto* wrong = std::get_if<plan_fault>(&result);
      return wrong ? *wrong : plan_fault{};
    };
    const auto first = seat("g-1", "1", plain);
    const auto second = seat("g-2", "2", plain);
    THEN("zone, row and seat are named, and the member at fault") {
      CHECK_EQ(fault(first, seat("g-2", "2", R"("position":{"x":null,"y":0},"category":"Gold")")).sentence,
               "Zone Ground, row A, seat 2 (g-2): position/x is not a number, it is null.");
      CHECK_EQ(fault(first, R"({"seat_guid":"g-2",)" + plain + "}").sentence,
               "Zone Ground, row A, seat at position 1 of its list (g-2): seat_number is missing.");
      CHECK_EQ(fault(first, R"({"seat_guid":"g-2",)" + plain + "}").pointer, "/zones/0/rows/1/seats/0/seat_number");
      CHECK_EQ(std::get<plan_fault>(parse_plan(plan("", first, second))).sentence,
               "Zone at position 1 of its list: name is missing.");
    }
    THEN("all guids that are given twice are named, with their places") {
      auto twice = fault(first + "," + second, seat("g-2", "7", plain) + "," + seat("g-1", "8", plain));
      CHECK_EQ(twice.pointer, "/zones/0/rows/1/seats/0/seat_guid");
      CHECK_EQ(twice.sentence,
               "Each seat needs a guid of its own. The guid g-1 is given to: zone Ground, row A, seat 1, zone Ground, "
               "row A, seat 8. The guid g-2 is given to: zone Ground, row A, seat 2, zone Ground, row A, seat 7.");
    }
    THEN("all categories that the plan does not list are named, each once") {
      auto in = [&](const std::string& guid, const std::string& category) {
        return seat(guid, guid, R"("position":{"x":1,"y":0},"category":")" + category + "\"");
      };
      auto unknown = fault(in("1", "Loge") + "," + in("2", "Loge"), in("3", "Balcon"));
      CHECK_EQ(unknown.pointer, "/zones/0/rows/0/seats/0/category");
      CHECK_EQ(unknown.sentence, "The plan does not list all categories that its places are in: Loge (zone Ground, row "
                                 "A, seat 1 (1)), Balcon (zone Ground, row A, seat 3 (3)).");
    }
    THEN("however many there are, the sentence stays short") {
      std::string many;
      for (int i = 0; i < 2'000; ++i)
        for (int twice = 0; twice < 2; ++twice)
          many += (many.empty() ? "" : ",") + seat("g" + std::to_string(i), "1", plain);
      auto told = fault(many, first);
      CHECK_LT(told.sentence.size(), 4'000u);
      CHECK(told.sentence.find("1990 more guids") != std::string::npos);
    }
    THEN("seats that look alike are sold, with a warning") {
      auto warnings = warnings_of(*good(plan(R"("name":"Ground",)", first, seat("g-9", "1", plain))));
      REQUIRE_EQ(warnings.size(), 1u);
      CHECK(warnings[0].find("zone Ground, row A, seat 1 (g-9)") != std::string::npos);
      CHECK(warnings_of(*good(plan(R"("name":"Ground",)", first, second))).empty());
    }
    THEN("a zone without a name is called by its id, and stands at the origin if it says nothing else") {
      auto read = good(plan(R"("zone_id":"ground",)", first, second));
      CHECK_EQ(read->sections()[0].name, "ground");
      CHECK_EQ(read->sections()[0].id, "ground");
      CHECK_EQ(read->sections()[0].seats[0].position.x, 1.0);
    }
  }
}

SCENARIO("a plan without categories has one") {
  GIVEN("a plan as an editor writes it before anybody has made a category") {
    auto plan = good(R"({"name":"x","categories":[],"zones":[{"name":"y","rows":[{"row_number":"A","seats":[
      {"seat_guid":"1","seat_number":"1","position":{"x":0,"y":0},"category":""},
      {"seat_guid":"2","seat_number":"2","position":{"x":1,"y":0}}]}]}]})");
    THEN("all its seats are in it") {
      CHECK_EQ(plan->categories(), (std::vector<std::string>{"Standard"}));
      CHECK_EQ(plan->capacity(), 2u);
    }
  }
}

SCENARIO("a byte order mark before a plan means nothing") {
  GIVEN("the hall as some editors save it") {
    CHECK_EQ(good("\xEF\xBB\xBF" + whole)->name(), "Hall");
  }
}

SCENARIO("who has no price is named, in one sentence") {
  GIVEN("the hall with a price for one of its categories") {
    domain::event_settings settings;
    settings.prices = {0, {}};
    auto plan = good(whole);
    CHECK_EQ(warning_of_prices(settings, *plan).value_or(""),
             "These categories have no price and are not for sale: Silver.");
    settings.prices = {0, 5};
    CHECK(!warning_of_prices(settings, *plan));
  }
}

SCENARIO("the theatre is what it says") {
  GIVEN("the shipped file") {
    auto plan = good(shipped("theatre.json"));
    THEN("it has about 1,200 seats on three levels, with places for wheelchairs and who comes with them") {
      CHECK_GT(plan->capacity(), 1150u);
      CHECK_LT(plan->capacity(), 1250u);
      CHECK_EQ(plan->sections().size(), 9u);
      std::size_t accessible = 0, companions = 0;
      for (const auto& section : plan->sections())
        for (const auto& seat : section.seats) {
          accessible += seat.accessible;
          companions += seat.companion;
        }
      CHECK_GT(accessible, 0u);
      CHECK_EQ(accessible, companions);
      CHECK(plan->find_seat("ST-A-1").has_value());
      CHECK(plan->find_section("stalls-centre").has_value());
    }
  }
}

SCENARIO("the arena is what it says and is read quickly") {
  GIVEN("the shipped file") {
    auto text = shipped("arena.json");
    auto begin = std::chrono::steady_clock::now();
    auto plan = good(text);
    auto took = std::chrono::steady_clock::now() - begin;
    THEN("it has 50,000 places in 100 sections, two of them floors") {
      CHECK_EQ(plan->capacity(), 50'000u);
      CHECK_EQ(plan->sections().size(), 100u);
      CHECK_EQ(std::count_if(plan->sections().begin(), plan->sections().end(),
                             [](const auto& section) { return section.general(); }),
               2);
      CHECK(plan->find_seat("101-D-11").has_value());
      MESSAGE("read in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
      CHECK_LT(std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), 5000);
    }
  }
}

SCENARIO("any text is a plan or is refused") {
  GIVEN("random bytes and damaged plans") {
    THEN("reading them says which") {
      CHECK(rc::check("plans", [](const std::string& text, std::uint16_t at, char c, bool cut) {
        (void)codec::parse_plan(text);
        auto damaged = whole;
        damaged[at % damaged.size()] = c;
        if (cut)
          damaged.erase(at % damaged.size(), 7);
        (void)codec::parse_plan(damaged);
      }));
    }
  }
}
