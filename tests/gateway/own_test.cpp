#define CAF_SUITE gateway.own

#include "tests/gateway/served.hpp"

#include <boost/json/serialize.hpp>
#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const domain::event_id open_event{"open"};
const domain::section_no stalls{0}, balcony{1};

struct fixture : served {
  fixture() {
    auto made = http.call("POST", "/v1/sessions").json();
    token = made.at("token").as_string().c_str();
    buyer = domain::buyer_id{made.at("buyer").as_string().c_str()};
    // The buyer waits nowhere.
    notes->place_fails = domain::refusal{.reason = domain::rejection::not_found};
  }

  http_answer me(const std::string& query = {}) {
    return http.call("GET", "/v1/me" + query, {}, {{"Authorization", "Bearer " + token}});
  }

  std::string text(const char* member, const std::string& query = {}) {
    return boost::json::serialize(me(query).json().at(member));
  }

  /// A hold over two sections, and an order.
  messages::own_list some_of(const domain::event_id& event) const {
    messages::own_list list{event, {}, {}};
    auto now = std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now());
    list.holds.push_back({event,
                          {1, 2},
                          buyer,
                          {{stalls, {{domain::seat_no{3}, 8950}}}, {balcony, {{domain::seat_no{0}, 4500}}}},
                          now + 300s,
                          now});
    messages::order_view order;
    order.event = event;
    order.order = {3, 4};
    order.buyer = buyer;
    order.state = domain::order_state::confirmed;
    order.seats = {{stalls, domain::seat_no{2}, 8950}};
    list.orders.push_back(order);
    return list;
  }

  void set(const domain::event_id& event, std::variant<messages::own_list, domain::refusal> what) {
    std::lock_guard guard{notes->lock};
    notes->own.insert_or_assign(event, std::move(what));
  }

  http_client http{port()};
  std::string token;
  domain::buyer_id buyer;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a buyer hears in one answer of all that is theirs") {
  GIVEN("a buyer with a place at one event, and a hold and an order at another") {
    notes->place_fails.reset();
    set(open_event, some_of(open_event));
    auto answer = me();
    CHECK_EQ(answer.status, 200u);
    CHECK_EQ(answer.headers.at("cache-control"), "no-store");
    auto said = answer.json();
    CHECK(said.at("buyer") == boost::json::string(buyer.value()));
    REQUIRE_EQ(said.at("places").as_array().size(), 1u);
    auto& place = said.at("places").at(0);
    CHECK(place.at("event") == "rock");
    CHECK(place.at("number") == 7);
    CHECK(place.at("state") == "waiting");
    CHECK(place.as_object().contains("token"));
    REQUIRE_EQ(said.at("holds").as_array().size(), 1u);
    std::string hold{said.at("holds").at(0).at("hold").as_string()};
    CHECK_EQ(hold, "open~0+1~00000000000000010000000000000002");
    CHECK_EQ(said.at("holds").at(0).at("seats").as_array().size(), 2u);
    REQUIRE_EQ(said.at("orders").as_array().size(), 1u);
    CHECK(said.at("orders").at(0).at("state") == "confirmed");
    CHECK_EQ(boost::json::serialize(said.at("unknown")), "[]");
    CHECK(said.at("next").is_null());
    THEN("a WebSocket says the same, and the hold has one name when it ends") {
      websocket_client client{port()};
      client.hello(R"(,"token":")" + token + '"');
      auto frame = client.ask(R"({"type":"me","id":"m"})", "m");
      CHECK(frame.at("type") == "me");
      for (auto member : {"buyer", "orders", "unknown", "more", "next"})
        CHECK(frame.at(member) == said.at(member));
      CHECK(frame.at("holds").at(0).at("hold") == said.at("holds").at(0).at("hold"));
      for (auto section : {stalls, balcony})
        notes->tell(messages::hold_expired{open_event, {1, 2}, buyer, section});
      CHECK(client.next("hold.expired").at("hold") == boost::json::string(hold));
    }
    THEN("they may ask of one event alone") {
      CHECK_EQ(text("places", "?event=open"), "[]");
      CHECK_EQ(me("?event=open").json().at("holds").as_array().size(), 1u);
      CHECK_EQ(text("holds", "?event=rock"), "[]");
    }
  }
}

SCENARIO("what nobody can say is named, and the rest is told") {
  GIVEN("an event that is not there, another one of whose sections is not, and a room that is not") {
    auto list = some_of(open_event);
    list.unread = {{{7, 8}, {balcony}}};
    list.silent = {balcony};
    set(open_event, list);
    set(rock, domain::refusal{.reason = domain::rejection::overloaded});
    notes->place_fails = domain::refusal{.reason = domain::rejection::overloaded};
    CHECK_EQ(text("unknown"), R"([{"what":"hold","event":"open","hold":"open~1~00000000000000070000000000000008"},)"
                              R"({"what":"section","event":"open","section":"balcony"},)"
                              R"({"what":"place","event":"rock"},{"what":"event","event":"rock"}])");
    CHECK_EQ(me().json().at("holds").as_array().size(), 1u);
    CHECK_EQ(me().status, 200u);
  }
}

SCENARIO("one answer is about so many events, and says where to go on") {
  GIVEN("eighteen events") {
    for (int number = 10; number < 26; ++number)
      notes->tell(messages::event_announced{domain::event_id{"e" + std::to_string(number)},
                                            notes->plan,
                                            std::make_shared<const std::string>("{}"),
                                            "EUR",
                                            false,
                                            false,
                                            {}});
    const domain::event_id last{"rock"};
    set(last, some_of(last));
    await([&] { return text("next") != "null"; });
    auto first = me().json();
    CHECK(first.at("next") == "e25");
    CHECK_EQ(first.at("holds").as_array().size(), 0u);
    auto rest = me("?after=e25").json();
    CHECK(rest.at("next").is_null());
    CHECK_EQ(rest.at("holds").as_array().size(), 1u);
  }
}

SCENARIO("nobody hears of an event that is hidden, but whoever has something there") {
  notes->tell(messages::event_announced{
      open_event, notes->plan, std::make_shared<const std::string>("{}"), "EUR", false, true, {}});
  await([&] { return http.call("GET", "/v1/events/open").status == 404; });
  set(open_event, domain::refusal{.reason = domain::rejection::overloaded});
  CHECK_EQ(text("unknown"), R"([{"what":"event"}])");
  set(open_event, some_of(open_event));
  CHECK_EQ(me().json().at("holds").as_array().size(), 1u);
}

SCENARIO("questions that are none are refused") {
  CHECK_EQ(http.call("GET", "/v1/me").status, 401u);
  CHECK_EQ(me("?event=jazz").slug(), "not-found");
  CHECK_EQ(me("?evnt=rock").slug(), "bad-request");
  CHECK_EQ(me("?event=Rock").slug(), "bad-request");
  websocket_client client{port()};
  client.hello();
  auto refused = client.ask(R"({"type":"me","id":"m","event":"jazz"})", "m");
  CHECK(refused.at("type") == "problem");
  CHECK(client.ask(R"({"type":"ping","id":"p"})", "p").at("type") == "pong");
}

SCENARIO("a node that starts does not say that nothing is there") {
  gateway::server starting{quick_options(), parts()};
  starting.start();
  http_client early{starting.buyers_port()};
  CHECK_EQ(early.call("GET", "/v1/me", {}, {{"Authorization", "Bearer " + token}}).slug(), "overloaded");
}

END_FIXTURE_SCOPE()
