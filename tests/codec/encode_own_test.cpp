#define CAF_SUITE gateway.encode_own

#include "codec/bodies.hpp"
#include "codec/encode.hpp"
#include "tests/codec/hall.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const auto hall = small_hall();
const domain::buyer_id anna{"anna"};
const domain::event_id jazz{"jazz"};

/// What anna has at one event, but for her place.
messages::own_list some_list(const domain::event_id& event) {
  messages::own_list list{event, {}, {}};
  list.holds.push_back({event,
                        {1, 2},
                        anna,
                        {{domain::section_no{0}, {{domain::seat_no{5}, 8950}}}},
                        moment_of_test() + 300s,
                        moment_of_test()});
  list.orders.push_back({.event = event,
                         .order = {3, 4},
                         .hold = {5, 6},
                         .buyer = anna,
                         .state = domain::order_state::confirmed,
                         .total = 8950,
                         .seats = {{domain::section_no{0}, domain::seat_no{6}, 8950}},
                         .reason = {},
                         .at = moment_of_test()});
  return list;
}

boost::json::value parsed(const codec::own_answer& answer) {
  return boost::json::parse(codec::encode_own(answer));
}

std::string text(const boost::json::value& json) {
  return boost::json::serialize(json);
}

} // namespace

SCENARIO("all that a buyer has stands in one answer") {
  GIVEN("a buyer with a place and orders at one event, and a hold at another") {
    auto at_rock = some_list(rock);
    at_rock.holds.clear();
    at_rock.more = true;
    auto at_jazz = some_list(jazz);
    at_jazz.orders.clear();
    codec::queue_answer place{rock, {domain::queue_number{7}, domain::queue_state::waiting, 6, 3s, 9s}, "t", {}};
    std::vector<codec::own_at_event> events{{.event = {rock, *hall, "EUR"}, .place = place, .list = &at_rock},
                                            {.event = {jazz, *hall, "EUR"}, .list = &at_jazz}};
    auto said = parsed({anna, events, jazz});
    THEN("each is as where it is asked for alone") {
      CHECK(said.at("buyer") == "anna");
      CHECK_EQ(text(said.at("places")), "[" + codec::encode_queue(place) + "]");
      CHECK_EQ(text(said.at("holds")), "[" + codec::encode_hold(at_jazz.holds[0], events[1].event) + "]");
      CHECK_EQ(text(said.at("orders")), "[" + codec::encode_order(at_rock.orders[0], events[0].event) + "]");
      CHECK_EQ(text(said.at("unknown")), "[]");
      CHECK_EQ(text(said.at("more")), R"(["rock"])");
      CHECK(said.at("next") == "jazz");
    }
    THEN("the frame says the same") {
      auto frame = boost::json::parse(codec::own_frame("7", {anna, events, {}}));
      CHECK(frame.at("type") == "me");
      CHECK(frame.at("re") == "7");
      CHECK(frame.at("holds") == said.at("holds"));
      CHECK(frame.at("next").is_null());
    }
  }
}

SCENARIO("what nobody could say is named") {
  GIVEN("an event whose room, one of whose sections and one of whose holds are out of reach, and one that is itself") {
    auto list = some_list(rock);
    list.unread = {{{7, 8}, {domain::section_no{0}, domain::section_no{1}}}};
    list.silent = {domain::section_no{1}, domain::section_no{999}};
    std::vector<codec::own_at_event> events{{.event = {rock, *hall, "EUR"}, .is_place_known = false, .list = &list},
                                            {.event = {jazz, *hall, "EUR"}}};
    CHECK_EQ(text(parsed({anna, events, {}}).at("unknown")),
             R"([{"what":"place","event":"rock"},)"
             R"({"what":"hold","event":"rock","hold":"rock~0+1~00000000000000070000000000000008"},)"
             R"({"what":"section","event":"rock","section":")"
                 + hall->section(domain::section_no{1}).id + R"("},{"what":"event","event":"jazz"}])");
    WHEN("they are hidden") {
      for (auto& each : events)
        each.is_hidden = true;
      THEN("nothing of them is told but what the buyer has") {
        CHECK_EQ(text(parsed({anna, events, {}}).at("unknown")),
                 R"([{"what":"place"},)"
                 R"({"what":"hold","hold":"rock~0+1~00000000000000070000000000000008"},)"
                 R"({"what":"section"},{"what":"event"}])");
      }
    }
  }
}

SCENARIO("a question for one's own may name an event, and where to go on") {
  auto read = [](std::string_view query) { return codec::read_own_query(query); };
  auto wish = std::get<codec::frames::list_own>(read(""));
  CHECK(!wish.event);
  CHECK(!wish.after);
  wish = std::get<codec::frames::list_own>(read("event=rock&after=ja-zz"));
  CHECK_EQ(wish.event.value().value(), "rock");
  CHECK_EQ(wish.after.value().value(), "ja-zz");
  for (auto wrong : {"event=Rock", "evnt=rock", "event=rock&event=rock", "event=", "event=%"})
    CHECK(std::holds_alternative<codec::problem>(read(wrong)));
}
