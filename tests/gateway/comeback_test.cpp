#define CAF_SUITE gateway.comeback

#include "tests/gateway/served.hpp"
#include "tests/gateway/still_thread.hpp"

#include <boost/json/serialize.hpp>
#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

std::string text(const boost::json::value& json, const char* member) {
  return std::string{json.at(member).as_string()};
}

std::string quoted(const std::string& content) {
  return '"' + content + '"';
}

/// Two nodes of one store, and a client that had everything at the first.
struct fixture {
  fixture() {
    websocket_client client{before.port()};
    auto welcome = client.hello();
    token = text(welcome, "token");
    session = text(welcome, "session");
    place = text(client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j"), "token");
  }

  /// Comes to the other node with all of it, or with `other`.
  boost::json::object come_back(websocket_client& client, const std::string& places, const std::string& watch) {
    return client.hello(R"(,"token":")" + token + R"(","resume":{"session":")" + session + R"("},"places":[)" + places
                        + R"(],"watch":[)" + watch + "]");
  }

  served before, after;
  std::string token, session, place;
};

std::string watching(const std::string& event, const std::string& sections) {
  return R"({"event":")" + event + R"(","sections":[)" + sections + "]}";
}

std::string slug_in(const boost::json::value& entry) {
  auto type = text(entry.at("problem"), "type");
  return type.substr(type.rfind('/') + 1);
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("one hello brings everything back on a node that knows nothing of the client") {
  GIVEN("a client that comes with its token, its place and its watches") {
    websocket_client client{after.port()};
    auto welcome = come_back(client, quoted(place), watching("rock", R"("stalls","floor")"));
    CHECK(welcome.at("resumed") == false);
    CHECK_EQ(boost::json::serialize(welcome.at("places")), R"([{"event":"rock","number":7}])");
    CHECK_EQ(boost::json::serialize(welcome.at("watches")),
             R"([{"event":"rock","section":"stalls"},{"event":"rock","section":"floor"}])");
    std::set<std::string> seen;
    for (int i = 0; i < 3; ++i) {
      auto frame = client.next();
      CHECK(!frame.contains("re"));
      if (frame.at("type") == "seats.snapshot")
        seen.insert(text(frame, "section"));
      else
        CHECK(frame.at("number") == 7);
    }
    CHECK_EQ(seen, (std::set<std::string>{"stalls", "floor"}));
    CHECK_EQ(after.notes->numbers, std::vector{std::optional{domain::queue_number{7}}});
    THEN("the changes follow") {
      after.notes->tell(messages::seats_changed{
          rock, domain::section_no{0}, domain::epoch{1}, 11, {{domain::seat_no{2}, 'H'}}, {7, 1}});
      CHECK(client.next("seats.delta").at("seq") == 11);
    }
  }
}

SCENARIO("a place is asked for again until its room answers") {
  GIVEN("a room that is not there just now") {
    after.notes->refuse_join = true;
    websocket_client client{after.port()};
    auto welcome = come_back(client, quoted(place), "");
    CHECK_EQ(boost::json::serialize(welcome.at("places")), R"([{"event":"rock","number":7}])");
    THEN("the client hears of its place once the room says how far it is") {
      served::await([&] { return after.notes->joins.load() == 1; });
      after.notes->tell(messages::queue_moved{rock,
                                              domain::queue_state::waiting,
                                              {1, std::nullopt},
                                              {{{domain::queue_number{1}}, {domain::queue_number{11}, 10, 10}}}});
      CHECK(client.next("queue.state").at("number") == 7);
      CHECK_EQ(after.notes->joins.load(), 2u);
    }
  }
}

SCENARIO("welcome says of each place and each watch why it is not back") {
  GIVEN("places that are not the client's, or of no event, and sections that are not there") {
    codec::tokens signer{{"0123456789abcdef0123456789abcdef", {}, true}};
    auto who = domain::buyer_id{"somebody else"};
    auto others = signer.sign(codec::queue_claims{rock, who, domain::queue_number{3}});
    websocket_client client{after.port()};
    auto welcome =
        come_back(client, quoted("forged") + ',' + quoted(others) + ',' + quoted(place) + ',' + quoted(place),
                  watching("jazz", R"("A")") + ',' + watching("rock", R"("gallery","stalls","stalls")"));
    const auto& places = welcome.at("places").as_array();
    REQUIRE_EQ(places.size(), 4u);
    CHECK_EQ(slug_in(places[0]), "unauthorized");
    CHECK(!places[0].as_object().contains("event"));
    CHECK_EQ(slug_in(places[1]), "unauthorized");
    CHECK(!places[1].as_object().contains("event"));
    CHECK(places[2].at("number") == 7);
    CHECK_EQ(slug_in(places[3]), "bad-request");
    const auto& watches = welcome.at("watches").as_array();
    REQUIRE_EQ(watches.size(), 4u);
    CHECK_EQ(slug_in(watches[0]), "not-found");
    CHECK_EQ(slug_in(watches[1]), "not-found");
    CHECK_EQ(text(watches[1], "section"), "gallery");
    CHECK(!watches[2].as_object().contains("problem"));
    CHECK(!watches[3].as_object().contains("problem"));
    client.next("seats.snapshot");
    CHECK_EQ(after.notes->joins.load(), 1u);
    CHECK_EQ(after.notes->watches.load(), 1u);
  }
}

SCENARIO("as many places and sections come back as a client may have") {
  auto configured = quick_options();
  configured.queues_max = 1;
  configured.watches_max = 1;
  served narrow{configured};
  codec::tokens signer{{"0123456789abcdef0123456789abcdef", {}, true}};
  websocket_client client{narrow.port()};
  websocket_client first{before.port()};
  auto buyer = domain::buyer_id{text(first.hello(R"(,"token":)" + quoted(token)), "buyer")};
  auto other = signer.sign(codec::queue_claims{domain::event_id{"open"}, buyer, domain::queue_number{3}});
  auto welcome = come_back(client, quoted(place) + ',' + quoted(other), watching("rock", R"("stalls","floor")"));
  CHECK_EQ(slug_in(welcome.at("places").at(1)), "limit-exceeded");
  CHECK(welcome.at("places").at(1).at("event") == "open");
  CHECK_EQ(slug_in(welcome.at("watches").at(1)), "limit-exceeded");
}

SCENARIO("who comes back to a place in an event without a waiting room may go in") {
  codec::tokens signer{{"0123456789abcdef0123456789abcdef", {}, true}};
  websocket_client first{before.port()};
  auto buyer = domain::buyer_id{text(first.hello(R"(,"token":)" + quoted(token)), "buyer")};
  auto other = signer.sign(codec::queue_claims{domain::event_id{"open"}, buyer, domain::queue_number{3}});
  websocket_client client{after.port()};
  come_back(client, quoted(other), "");
  CHECK(client.next("queue.state").at("state") == "admitted");
}

SCENARIO("a client that comes back to the node that has its session is resumed, and has nothing twice") {
  GIVEN("a client whose connection broke") {
    websocket_client client{before.port()};
    auto welcome = come_back(client, quoted(place), "");
    CHECK(welcome.at("resumed") == true);
    CHECK_EQ(boost::json::serialize(welcome.at("places")), R"([{"event":"rock","number":7}])");
    CHECK(client.next("queue.state").at("number") == 7);
    client.ask(R"({"type":"ping","id":"p"})", "p");
    CHECK_EQ(before.notes->joins.load(), 2u); // once when it joined, and once now
  }
}

SCENARIO("a node never mistakes another node's session for its own") {
  GIVEN("a kept session, and one of the same number of another process") {
    still_thread thread{quick_options(), moment_of_test};
    const domain::buyer_id anna{"anna"};
    gateway::kept_session kept;
    kept.buyer = anna;
    auto name = thread.parts.resumptions.draw_name();
    CHECK(name.starts_with(thread.shared.process + "-0-"));
    auto found = [&](const std::string& lost) {
      thread.parts.resumptions.keep(lost, kept, std::chrono::steady_clock::now());
      std::optional<bool> is_found;
      thread.parts.resumptions.resume(lost, anna, "heir", [&](auto what) { is_found = what.has_value(); });
      return is_found.value();
    };
    CHECK(found(name));
    CHECK(!found(std::string(thread.shared.process.size(), '0') + name.substr(thread.shared.process.size())));
    CHECK(!found("0-" + name.substr(name.rfind('-') + 1)));
    CHECK(!found(thread.shared.process));
  }
}

END_FIXTURE_SCOPE()
