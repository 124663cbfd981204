#define CAF_SUITE gateway.encode

#include "codec/encode.hpp"
#include "codec/problem.hpp"
#include "domain/plan_numbering.hpp"
#include "tests/codec/hall.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::codec;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const auto hall = small_hall();
const codec::reply_id seven = "7";

/// The text as JSON; it must be well-formed, including its UTF-8.
boost::json::value parsed(const std::string& text) {
  boost::system::error_code error;
  auto json = boost::json::parse(text, error);
  if (error)
    CAF_FAIL("not JSON: " << text);
  return json;
}

std::string re_of(const std::string& frame) {
  auto json = parsed(frame);
  const auto& text = json.at("re").as_string();
  return {text.data(), text.size()};
}

boost::json::value expected(const char* text) {
  return boost::json::parse(text);
}

messages::hold_granted spread_hold() {
  messages::hold_granted hold;
  hold.event = rock;
  hold.hold = {1, 2};
  hold.buyer = domain::buyer_id{"anna"};
  hold.sections = {{domain::section_no{2}, {{domain::seat_no{11}, 500}}},
                   {domain::section_no{0}, {{domain::seat_no{5}, 8950}}}};
  hold.until = moment_of_test() + 300s;
  hold.now = moment_of_test();
  return hold;
}

messages::order_view spread_order() {
  messages::order_view order;
  order.event = rock;
  order.order = {3, 4};
  order.hold = {1, 2};
  order.state = domain::order_state::charged;
  order.total = 9450;
  order.seats = {{domain::section_no{2}, domain::seat_no{11}, 500}, {domain::section_no{0}, domain::seat_no{5}, 8950}};
  order.at = moment_of_test();
  return order;
}

messages::event_view open_event() {
  messages::event_view view;
  view.id = rock;
  view.settings.name = "Rock";
  view.settings.prices = {8950, 4500, 500};
  view.settings.opens_at = moment_of_test();
  view.state = domain::event_state::open;
  view.sections = {{5, 1, 2, 0, 17900, 0}, {2, 0, 0, 0, 0, 0}, {90, 0, 10, 0, 5000, 500}};
  return view;
}

codec::queue_answer waiting(domain::queue_state state) {
  codec::queue_answer answer;
  answer.event = rock;
  answer.place.number = domain::queue_number{42};
  answer.place.state = state;
  answer.place.ahead = 9;
  answer.place.eta_low = 3s;
  answer.place.eta_high = 12s;
  answer.poll_after = 2s;
  answer.token = "q";
  return answer;
}

} // namespace

SCENARIO("a hold tells its places, prices and end") {
  GIVEN("a hold over the floor and the stalls") {
    THEN("body and frame say the same") {
      auto body = expected(R"({"hold":"rock~0+2~00000000000000010000000000000002","event":"rock","seats":[
        {"guid":"floor:12","section":"floor","row":null,"number":null,"category":"Floor",
         "price":{"amount":500,"currency":"EUR"}},
        {"guid":"S-B-2","section":"stalls","row":"B","number":"2","category":"Silver",
         "price":{"amount":8950,"currency":"EUR"}}],
        "total":{"amount":9450,"currency":"EUR"},"expires_at":"2026-11-22T19:35:05.678Z","expires_in_s":300})");
      CHECK(parsed(codec::encode_hold(spread_hold(), names_of(*hall))) == body);
      auto frame = body.as_object();
      frame["type"] = "held";
      frame["re"] = "7";
      CHECK(parsed(codec::held_frame(seven, spread_hold(), names_of(*hall))) == boost::json::value(frame));
    }
  }
}

SCENARIO("a hold and a ticket tell what is special about a seat") {
  GIVEN("a wheelchair place with a restricted view, and a plain seat") {
    domain::section_plan stalls{.id = "stalls", .name = "Stalls", .rows = {"A"}};
    stalls.seats = {planned("A-1", "1", 0, 0), planned("A-2", "2", 0, 0), planned("A-3", "3", 0, 0)};
    stalls.seats[0].accessible = true;
    stalls.seats[0].restricted_view = true;
    stalls.seats[1].companion = true;
    domain::seating_plan plan{"Hall", {"Gold"}, {stalls}};
    messages::hold_granted hold{rock, {1, 2}, domain::buyer_id{"ann"}, {{domain::section_no{0}, {}}}, {}, {}};
    messages::order_view order;
    order.event = rock;
    for (std::uint32_t seat = 0; seat < 3; ++seat) {
      hold.sections[0].seats.push_back({domain::seat_no{seat}, 1});
      order.seats.push_back({domain::section_no{0}, domain::seat_no{seat}, 1});
    }
    THEN("the plain one has no flags, and the others theirs") {
      auto flags = expected(R"(["accessible","restricted_view"])");
      auto held = parsed(encode_hold(hold, names_of(plan)));
      auto tickets = parsed(encode_tickets(order, names_of(plan), [](const std::string& x) { return x; }));
      for (const auto* seats : {&held.at("seats").as_array(), &tickets.at("tickets").as_array()}) {
        CHECK((*seats)[0].at("flags") == flags);
        CHECK((*seats)[1].at("flags") == expected(R"(["companion"])"));
        CHECK((*seats)[2].as_object().if_contains("flags") == nullptr);
      }
    }
  }
}

SCENARIO("a hold that is over has no time left") {
  GIVEN("a hold read after its end") {
    auto hold = spread_hold();
    hold.now = hold.until + 3s;
    THEN("expires_in_s is 0") {
      CHECK(parsed(codec::encode_hold(hold, names_of(*hall))).at("expires_in_s") == 0);
    }
  }
}

SCENARIO("an order tells what buyers may know of its state") {
  GIVEN("an order that is charged and one that failed") {
    auto order = spread_order();
    THEN("charged is charging to them, and a reason is told when there is one") {
      auto json = parsed(codec::encode_order(order, names_of(*hall)));
      CHECK(json.at("state") == "charging");
      CHECK(json.at("order") == "rock~00000000000000030000000000000004");
      CHECK(json.at("hold") == "rock~0+2~00000000000000010000000000000002");
      CHECK(json.at("total") == expected(R"({"amount":9450,"currency":"EUR"})"));
      CHECK(json.at("created_at") == "2026-11-22T19:30:05.678Z");
      CHECK(json.at("seats").as_array().size() == 2u);
      CHECK(json.as_object().if_contains("reason") == nullptr);
      order.state = domain::order_state::failed;
      order.reason = "no funds";
      auto frame = parsed(codec::order_frame({}, order, names_of(*hall)));
      CHECK(frame.at("type") == "order");
      CHECK(frame.at("state") == "failed");
      CHECK(frame.at("reason") == "no funds");
      CHECK(frame.as_object().if_contains("re") == nullptr);
    }
  }
}

SCENARIO("tickets are numbered in the order's order, each with its code") {
  GIVEN("an order of two seats") {
    THEN("there are two tickets") {
      auto json =
          parsed(codec::encode_tickets(spread_order(), names_of(*hall), [](const std::string& x) { return x + "!"; }));
      const auto& tickets = json.at("tickets").as_array();
      CHECK_EQ(tickets.size(), 2u);
      CHECK(tickets[0].at("ticket") == "rock~00000000000000030000000000000004~1");
      CHECK(tickets[1].at("code") == "rock~00000000000000030000000000000004~2!");
      CHECK(tickets[1].at("guid") == "S-B-2");
    }
  }
}

SCENARIO("people in a waiting room are told their place") {
  GIVEN("somebody who waits, and then is admitted") {
    THEN("the position counts from 1 and the pass comes with admission") {
      CHECK(parsed(codec::encode_queue(waiting(domain::queue_state::waiting)))
            == expected(R"({"event":"rock","token":"q","state":"waiting","number":42,"position":10,"ahead":9,
                            "eta_s":[3,12],"poll_after_s":2})"));
      auto sold_out = parsed(codec::encode_queue(waiting(domain::queue_state::sold_out)));
      CHECK(sold_out.at("state") == "sold_out");
      CHECK(sold_out.at("position") == 10);
      auto in = waiting(domain::queue_state::admitted);
      in.place.ahead = 0;
      in.pass = codec::granted_pass{"p", moment_of_test()};
      auto json = parsed(codec::queue_state_frame(seven, in));
      CHECK(json.at("type") == "queue.state");
      CHECK(json.at("re") == "7");
      CHECK(json.at("position") == 0);
      CHECK(json.at("pass") == "p");
      CHECK(json.at("pass_expires_at") == "2026-11-22T19:30:05.678Z");
      CHECK(parsed(codec::queue_admitted_frame(rock, *in.pass))
            == expected(R"({"type":"queue.admitted","event":"rock","pass":"p",
                            "pass_expires_at":"2026-11-22T19:30:05.678Z"})"));
    }
  }
}

SCENARIO("seats are told in the plan's order, and changes by their index in it") {
  GIVEN("a section and a change") {
    messages::section_view view{rock, domain::section_no{1}, domain::epoch{3}, 17, ".H", {1, 1, 0, 0, 0, 0}};
    messages::seats_changed change{rock, domain::section_no{1},       domain::epoch{3},
                                   18,   {{domain::seat_no{1}, 'S'}}, {1, 0, 1, 0, 0, 0}};
    THEN("snapshot and delta fit together") {
      auto rest = codec::seats_snapshot_rest(view, names_of(*hall));
      CHECK(parsed(codec::seats_snapshot_opening(seven) + rest)
            == expected(R"({"type":"seats.snapshot","re":"7","event":"rock","section":"balcony","epoch":3,"seq":17,
                            "seats":["B-1","B-2"],"status":".H",
                            "totals":{"free":1,"held":1,"sold":0,"blocked":0}})"));
      CHECK(parsed(codec::seats_snapshot_opening({}) + rest)
            == expected(R"({"type":"seats.snapshot","event":"rock","section":"balcony","epoch":3,"seq":17,
                            "seats":["B-1","B-2"],"status":".H",
                            "totals":{"free":1,"held":1,"sold":0,"blocked":0}})"));
      CHECK(parsed(codec::seats_delta_frame(change, names_of(*hall)))
            == expected(R"({"type":"seats.delta","event":"rock","section":"balcony","epoch":3,"seq":18,
                            "set":[[1,"S"]],"totals":{"free":1,"held":0,"sold":1,"blocked":0}})"));
    }
  }
}

SCENARIO("under a plan that was changed seats are told in its own order, and old ones still have their names") {
  GIVEN("a balcony in front, turned round, with one seat more, and stalls without their first row") {
    std::vector<domain::section_plan> sections{hall->sections()[1], hall->sections()[0], hall->sections()[2]};
    sections[0].seats = {planned("B-3", "3", 1, 0), planned("B-2", "2", 1, 0), planned("B-1", "1", 1, 0)};
    sections[1].seats.erase(sections[1].seats.begin(), sections[1].seats.begin() + 4);
    auto read = std::make_shared<const domain::seating_plan>("Hall", hall->categories(), sections);
    std::vector<domain::section_standing> nothing_sold{domain::section_standing(8), domain::section_standing(2),
                                                       domain::section_standing(100)};
    auto plan = domain::with_numbers(
        read, std::get<domain::plan_numbering>(domain::renumber(*hall, *read, nothing_sold, moment_of_test())));
    REQUIRE(plan != nullptr);
    THEN("snapshots and changes follow the plan's order, also those from before the change") {
      messages::section_view view{rock, domain::section_no{1}, domain::epoch{3}, 17, "SH.", {1, 1, 1, 0, 0, 0}};
      auto json = parsed(codec::encode_seats(view, names_of(*plan)));
      CHECK(json.at("seats") == expected(R"(["B-3","B-2","B-1"])"));
      CHECK(json.at("status") == ".HS");
      view.status = "SH";
      CHECK(parsed(codec::encode_seats(view, names_of(*plan))).at("status") == "BHS");
      CHECK(parsed(codec::encode_seats(view, names_of(*hall))).at("status") == "SH");
      messages::seats_changed change{
          rock, domain::section_no{1}, domain::epoch{3}, 18, {{domain::seat_no{0}, '.'}, {domain::seat_no{9}, 'H'}},
          {}};
      CHECK(parsed(codec::seats_delta_frame(change, names_of(*plan))).at("set") == expected(R"([[2,"."]])"));
    }
    THEN("sections are listed as the plan lists them") {
      auto json = parsed(codec::encode_event(open_event(), *plan));
      CHECK(json.at("sections").at(0).at("id") == "balcony");
      CHECK(json.at("sections").at(1).at("capacity") == 4);
      CHECK(json.at("sections").at(1).at("sold") == 2);
    }
    THEN("an order that is undone says whether the money is back") {
      auto order = spread_order();
      order.was_paid = true;
      auto refund = [&](domain::order_state state) {
        order.state = state;
        auto json = parsed(codec::encode_order(order, names_of(*hall)));
        auto* told = json.as_object().if_contains("refund");
        return told ? std::string{told->as_string()} : std::string{};
      };
      CHECK_EQ(refund(domain::order_state::confirmed), "");
      CHECK_EQ(refund(domain::order_state::failed), "");
      CHECK_EQ(refund(domain::order_state::refunding), "pending");
      CHECK_EQ(refund(domain::order_state::cancelling), "pending");
      CHECK_EQ(refund(domain::order_state::refunded), "done");
      CHECK_EQ(refund(domain::order_state::cancelled), "done");
      order.was_paid = false; // it cost nothing, or was given up and never charged
      CHECK_EQ(refund(domain::order_state::cancelled), "");
    }
    THEN("operators see whose an order is, and a ticket is worth something while its order is confirmed") {
      auto order = spread_order();
      order.state = domain::order_state::confirmed;
      auto json = parsed(codec::encode_operators_order(order, names_of(*hall)));
      CHECK(json.at("buyer") == boost::json::value(order.buyer.value()));
      CHECK(json.at("open") == boost::json::value(false));
      auto worth = [&](domain::order_state state) {
        order.state = state;
        return parsed(codec::encode_ticket_worth({rock, order.order, 1}, order, names_of(*hall))).at("valid").as_bool();
      };
      CHECK(worth(domain::order_state::confirmed));
      for (auto state : {domain::order_state::charging, domain::order_state::cancelling, domain::order_state::cancelled,
                         domain::order_state::refunded, domain::order_state::given_up})
        CHECK(!worth(state));
      messages::order_list list{rock, {order}, true};
      CHECK(parsed(codec::encode_orders(list, names_of(*hall))).as_object().contains("next"));
      list.more = false;
      CHECK(!parsed(codec::encode_orders(list, names_of(*hall))).as_object().contains("next"));
    }
    THEN("an order that is over still names what it was for") {
      messages::order_view order{rock,
                                 {3, 4},
                                 {1, 2},
                                 domain::buyer_id{"anna"},
                                 domain::order_state::cancelled,
                                 8950,
                                 {{domain::section_no{0}, domain::seat_no{2}, 8950}},
                                 {},
                                 moment_of_test()};
      CHECK(parsed(codec::encode_order(order, names_of(*plan))).at("seats").at(0)
            == expected(R"({"guid":"S-A-3","section":"stalls","row":null,"number":null,"category":null,
                            "price":{"amount":8950,"currency":"EUR"}})"));
    }
    THEN("the report keeps what a section that is gone has given back") {
      std::vector<domain::section_plan> floor_only{hall->sections()[2]};
      auto floor = std::make_shared<const domain::seating_plan>("Hall", hall->categories(), floor_only);
      auto small = domain::with_numbers(
          floor, std::get<domain::plan_numbering>(domain::renumber(*hall, *floor, nothing_sold, moment_of_test())));
      REQUIRE(small != nullptr);
      messages::event_report report;
      report.event = open_event();
      report.sections = {{domain::section_no{0}, {0, 0, 0, 0, 0, 500}, {}},
                         {domain::section_no{1}, {}, {}},
                         {domain::section_no{2}, {100, 0, 0, 0, 0, 0}, {}}};
      auto json = parsed(codec::encode_report(report, *small));
      CHECK_EQ(json.at("sections").as_array().size(), 2u);
      CHECK(json.at("sections").at(0).at("id") == "floor");
      CHECK(json.at("sections").at(1).at("id") == "stalls");
      CHECK(json.at("totals").at("refunds").at("amount") == 500);
    }
  }
}

SCENARIO("a floor has totals and no seats") {
  GIVEN("the floor") {
    messages::section_view view{rock, domain::section_no{2}, domain::epoch{1}, 0, "", {100, 0, 0, 0, 0, 0}};
    THEN("its list is empty") {
      auto json = parsed(codec::encode_seats(view, names_of(*hall)));
      CHECK(json.at("seats").as_array().empty());
      CHECK(json.at("status") == "");
      CHECK(json.at("totals").at("free") == 100);
    }
  }
}

SCENARIO("an event is told with its sections, categories and prices") {
  GIVEN("an open event") {
    auto view = open_event();
    THEN("everything stands in it") {
      auto json = parsed(codec::encode_event(view, *hall));
      CHECK(json.at("state") == "open");
      CHECK(json.at("opens_at") == "2026-11-22T19:30:05.678Z");
      CHECK(json.at("closes_at").is_null());
      CHECK(json.at("capacity") == 110);
      CHECK(json.at("categories").at(0) == expected(R"({"name":"Gold","price":{"amount":8950,"currency":"EUR"}})"));
      CHECK(json.at("sections").at(0)
            == expected(R"({"id":"stalls","name":"Stalls","kind":"seated","capacity":8,"free":5,"held":1,"sold":2,
                            "blocked":0})"));
      CHECK(json.at("sections").at(2).at("kind") == "general");
      auto list = parsed(codec::encode_events(std::vector<codec::listed_event>{{view, *hall}, {view, *hall}}));
      CHECK_EQ(list.at("events").as_array().size(), 2u);
      CHECK(list.at("events").at(1) == json);
      CHECK(parsed(codec::encode_events({})) == expected(R"({"events":[]})"));
    }
  }
}

SCENARIO("a category without a price is told with null, and warnings stand last") {
  GIVEN("an event that does not sell everything") {
    auto view = open_event();
    view.settings.prices[1] = {};
    THEN("null is not 0") {
      const std::vector<std::string> warnings{"Look."};
      auto json = parsed(encode_event(view, *hall, warnings));
      CHECK(json.at("categories").at(1).at("price").is_null());
      CHECK(json.at("warnings") == expected(R"(["Look."])"));
      CHECK(!parsed(encode_event(view, *hall)).as_object().contains("warnings"));
    }
  }
}

SCENARIO("a setting that the event refuses is pointed at") {
  GIVEN("a refusal of one") {
    domain::refusal why{.reason = domain::rejection::bad_request, .detail = "No.", .setting = "closes_at"};
    CHECK_EQ(to_problem(why).pointer, "/closes_at");
  }
}

SCENARIO("a report sums over sections and categories") {
  GIVEN("a report of two sections") {
    messages::event_report report;
    report.event = open_event();
    report.sections = {
        {domain::section_no{0},
         {5, 1, 2, 0, 17900, 0},
         {{domain::category_no{0}, {1, 1, 2, 0, 17900, 0}}, {domain::category_no{1}, {4, 0, 0, 0, 0, 0}}}},
        {domain::section_no{1}, {1, 0, 1, 0, 4500, 100}, {{domain::category_no{1}, {1, 0, 1, 0, 4500, 100}}}}};
    report.queue = {10, 9, 1, 1, 9, 4};
    report.orders_confirmed = 3;
    THEN("the sums are right") {
      auto json = parsed(codec::encode_report(report, *hall));
      CHECK(json.at("totals").at("free") == 6);
      CHECK(json.at("totals").at("revenue").at("amount") == 22400);
      CHECK(json.at("totals").at("refunds").at("amount") == 100);
      CHECK(json.at("categories").at(1).at("free") == 5);
      CHECK(json.at("categories").at(1).at("price").at("amount") == 4500);
      CHECK(json.at("sections").at(1).at("id") == "balcony");
      CHECK(json.at("sections").at(0).at("categories").at(0).at("sold") == 2);
      CHECK(json.at("queue").at("shopping") == 4);
      CHECK(json.at("orders").at("confirmed") == 3);
    }
  }
}

SCENARIO("small frames say what they are") {
  GIVEN("one of each") {
    codec::hold_name hold{rock, {domain::section_no{0}}, {1, 2}};
    THEN("each is as the protocol has it") {
      CHECK_EQ(codec::released_frame(seven, hold),
               R"({"type":"released","re":"7","hold":"rock~0~00000000000000010000000000000002"})");
      CHECK_EQ(codec::hold_expired_frame(hold),
               R"({"type":"hold.expired","hold":"rock~0~00000000000000010000000000000002","event":"rock"})");
      CHECK_EQ(codec::pong_frame(seven, moment_of_test()),
               R"({"type":"pong","re":"7","server_time":"2026-11-22T19:30:05.678Z"})");
      CHECK_EQ(codec::heartbeat_frame(moment_of_test()),
               R"({"type":"heartbeat","server_time":"2026-11-22T19:30:05.678Z"})");
      CHECK_EQ(codec::reconnect_frame(30s), R"({"type":"reconnect","within_s":30})");
      CHECK_EQ(codec::reconnect_frame(2'350ms), R"({"type":"reconnect","within_s":2.35})");
      CHECK_EQ(codec::queue_left_frame(seven, rock), R"({"type":"queue.left","re":"7","event":"rock"})");
      CHECK_EQ(codec::seats_unwatched_frame(seven, rock, "101"),
               R"({"type":"seats.unwatched","re":"7","event":"rock","section":"101"})");
      CHECK_EQ(codec::encode_session({"t", domain::buyer_id{"anna"}, moment_of_test()}),
               R"({"token":"t","buyer":"anna","expires_at":"2026-11-22T19:30:05.678Z"})");
      codec::welcome said{"s", domain::buyer_id{"anna"}, moment_of_test(), 15s, true, "t"};
      CHECK(parsed(codec::welcome_frame(seven, said))
            == expected(R"({"type":"welcome","re":"7","session":"s","buyer":"anna","token":"t",
                            "server_time":"2026-11-22T19:30:05.678Z","heartbeat_s":15,"resumed":true})"));
      said.places = {{rock, domain::queue_number{7}},
                     {{}, {}, codec::problem_of(domain::rejection::unauthorized, "No.")}};
      said.watches = {{rock, "101"}, {rock, "9", codec::problem_of(domain::rejection::not_found, "None.")}};
      auto welcome = parsed(codec::welcome_frame(seven, said, "https://x/"));
      CHECK(welcome.at("places") == expected(R"([{"event":"rock","number":7},
                            {"problem":{"type":"https://x/unauthorized","title":"Unauthorized","status":401,
                                        "detail":"No."}}])"));
      CHECK(welcome.at("watches") == expected(R"([{"event":"rock","section":"101"},
                            {"event":"rock","section":"9",
                             "problem":{"type":"https://x/not-found","title":"Not found","status":404,
                                        "detail":"None."}}])"));
    }
  }
}

SCENARIO("a refusal becomes a problem with guids") {
  GIVEN("taken seats of the stalls") {
    domain::refusal refusal{domain::rejection::seat_taken, {domain::seat_no{0}}, {domain::seat_no{1}}, {}};
    THEN("body and frame name them") {
      auto what = codec::to_problem(refusal, hall.get(), domain::section_no{0});
      auto body = expected(R"({"type":"https://usher.example/problems/seat-taken","title":"Seat taken","status":409,
        "detail":"Somebody else was faster with at least one of these seats.","seats":["S-A-1"],
        "suggestion":["S-A-2"]})");
      CHECK(parsed(codec::encode_problem(what)) == body);
      auto frame = parsed(codec::encode_problem_frame(seven, what));
      CHECK(frame.at("type") == "problem");
      CHECK(frame.at("re") == "7");
      CHECK(frame.at("problem") == body);
      CHECK(parsed(codec::encode_problem_frame({}, what)).as_object().if_contains("re") == nullptr);
      CHECK(parsed(codec::encode_problem(what, "https://shop.test/p#")).at("type") == "https://shop.test/p#seat-taken");
      refusal.section = domain::section_no{1};
      CHECK_EQ(codec::to_problem(refusal, hall.get(), domain::section_no{0}).seats, std::vector<std::string>{"B-1"});
      refusal.section.reset();
      CHECK(codec::to_problem(refusal, hall.get()).seats.empty());
      CHECK(codec::to_problem(refusal).seats.empty());
      refusal.guids = {"S-A-3", "B-2"};
      CHECK_EQ(codec::to_problem(refusal).seats, refusal.guids);
    }
  }
}

SCENARIO("every rejection that clients hear of has a problem, and three say when to come back") {
  GIVEN("all of them") {
    THEN("they are encoded") {
      for (auto number = 1; number < static_cast<int>(domain::rejection::outcome_unknown); ++number) {
        auto reason = static_cast<domain::rejection>(number);
        CHECK(!domain::is_internal(reason));
        codec::problem what;
        what.reason = reason;
        auto json = parsed(encode_problem(what));
        CHECK(json.at("status") == http_status(reason));
        bool later = reason == domain::rejection::rate_limited || reason == domain::rejection::overloaded
                     || reason == domain::rejection::store_unavailable;
        CHECK_EQ(json.as_object().contains("retry_after_s"), later);
        CHECK_EQ(codec::retry_after_s(what).has_value(), later);
      }
    }
  }
}

SCENARIO("whatever the texts are, what is written is JSON") {
  GIVEN("random bytes as texts") {
    THEN("it parses, and well-formed texts come back as they were") {
      CHECK(rc::check("texts", [](const std::string& text) {
        boost::system::error_code error;
        auto json = boost::json::parse(codec::encode_problem_frame(text, codec::bad_request(text, text)), error);
        RC_ASSERT(!error);
        messages::order_view order = spread_order();
        order.reason = text;
        boost::json::parse(codec::order_frame(text, order, names_of(*hall)), error);
        RC_ASSERT(!error);
      }));
      for (std::string text : {"\"\\\b\f\n\r\t\x01\x1f\x7f", "Süd 客席 🎫", "/</script>"})
        CHECK_EQ(re_of(codec::encode_problem_frame(text, {})), text);
      std::string lone = "a\xc3(b\xed\xa0\x80\xf5";
      CHECK(parsed(codec::encode_problem_frame(lone, {})).at("re")
            == "a\xef\xbf\xbd(b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    }
  }
}
