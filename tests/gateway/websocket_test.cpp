#define CAF_SUITE gateway.websocket

#include "domain/plan_numbering.hpp"
#include "tests/codec/hall.hpp"
#include "tests/gateway/served.hpp"

#include <boost/json/serialize.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <memory>
#include <set>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

std::string text(const boost::json::object& frame, const char* member) {
  return std::string{frame.at(member).as_string()};
}

std::string slug(const boost::json::object& frame) {
  auto type = frame.at("problem").as_object().at("type").as_string();
  return std::string{type.subview(type.rfind('/') + 1)};
}

/// Everybody from this number to the tenth waits.
messages::queue_moved moved_to(std::uint64_t first) {
  return {domain::event_id{"rock"},
          domain::queue_state::waiting,
          {1, std::nullopt},
          {{{domain::queue_number{first}}, {domain::queue_number{11}, 11 - first, 11 - first}}}};
}

struct fixture : served {
  /// Lets a buyer in with the number that everybody gets here.
  void admit(const std::string& buyer) {
    notes->tell(messages::people_admitted{
        domain::event_id{"rock"}, {{domain::queue_number{7}, domain::buyer_id{buyer}}}, in_ten_minutes()});
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a client holds, releases and orders") {
  GIVEN("a client that said hello") {
    websocket_client client{port()};
    auto welcome = client.hello();
    CHECK_EQ(text(welcome, "type"), "welcome");
    CHECK(welcome.contains("token"));
    auto held = client.ask(R"({"type":"hold","id":"1","event":"open","key":"k","seats":["S-A-3"]})", "1");
    CHECK_EQ(text(held, "type"), "held");
    auto again = client.ask(R"({"type":"hold","id":"2","event":"open","key":"k","seats":["S-A-3"]})", "2");
    CHECK_EQ(text(again, "hold"), text(held, "hold"));
    auto taken = client.ask(R"({"type":"hold","id":"3","event":"open","seats":["S-A-1"]})", "3");
    CHECK_EQ(slug(taken), "seat-taken");
    auto best = client.ask(R"({"type":"hold","id":"4","event":"open","best":{"quantity":2}})", "4");
    CHECK_EQ(text(best, "type"), "held");
    auto hold = text(held, "hold");
    auto order =
        client.ask(R"({"type":"order","id":"5","hold":")" + hold + R"(","key":"o","payment":{"method":"card"}})", "5");
    CHECK_EQ(text(order, "type"), "order");
    auto declined = client.ask(
        R"({"type":"order","id":"6","hold":")" + hold + R"(","key":"p","payment":{"method":"declined"}})", "6");
    CHECK_EQ(slug(declined), "payment-declined");
    auto released = client.ask(R"({"type":"release","id":"7","hold":")" + hold + R"("})", "7");
    CHECK_EQ(text(released, "type"), "released");
    CHECK_EQ(text(client.ask(R"({"type":"ping","id":"8"})", "8"), "type"), "pong");
  }
}

SCENARIO("bad frames get their problem, garbage ends the connection") {
  GIVEN("clients that said hello") {
    websocket_client client{port()};
    client.hello();
    CHECK_EQ(slug(client.ask(R"({"type":"dance","id":"1"})", "1")), "bad-request");
    CHECK_EQ(slug(client.ask(R"({"type":"hold","id":"2","event":"open","seats":7})", "2")), "bad-request");
    CHECK_EQ(slug(client.ask(R"({"type":"hold","id":"3","event":"jazz","seats":["A"]})", "3")), "not-found");
    CHECK_EQ(slug(client.ask(R"({"type":"hello","id":"4"})", "4")), "bad-request");
    CHECK_EQ(slug(client.ask(R"({"type":"hold","id":"5","event":"rock","seats":["S-A-3"]})", "5")), "not-admitted");
    client.send("this is no JSON");
    CHECK_EQ(client.close_code(), 4000u);

    websocket_client binary{port()};
    binary.hello();
    binary.send_binary("{}");
    CHECK_EQ(binary.close_code(), 4000u);

    websocket_client huge{port()};
    huge.hello();
    huge.send("\"" + std::string(70'000, 'x') + "\"");
    CHECK_EQ(huge.close_code(), 4002u);
  }
}

SCENARIO("nobody gets anywhere without hello or with a forged token") {
  GIVEN("clients that did not say hello") {
    websocket_client hasty{port()};
    CHECK_EQ(slug(hasty.ask(R"({"type":"ping","id":"1"})", "1")), "unauthorized");
    CHECK_EQ(hasty.close_code(), 4001u);
    websocket_client clumsy{port()};
    auto said = clumsy.ask(R"({"type":"hello","id":"1","token":7})", "1");
    CHECK_EQ(slug(said), "bad-request");
    CHECK_EQ(text(said.at("problem").as_object(), "pointer"), "/token");
    CHECK_EQ(clumsy.close_code(), 4000u);
    websocket_client forger{port()};
    CHECK_EQ(slug(forger.hello(R"(,"token":"x.y.z")")), "unauthorized");
    CHECK_EQ(forger.close_code(), 4001u);
    CHECK_THROWS_AS(websocket_client(port(), ""), std::exception);
    CHECK_THROWS_AS(websocket_client(port(), "usher.v9"), std::exception);
  }
}

SCENARIO("watchers get a snapshot, then every change, and after a gap a new snapshot") {
  GIVEN("two clients that watch one section") {
    websocket_client first{port()};
    websocket_client second{port()};
    for (auto* client : {&first, &second}) {
      client->hello();
      auto snapshot = client->ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"stalls"})", "w");
      CHECK_EQ(text(snapshot, "type"), "seats.snapshot");
      CHECK_EQ(text(snapshot, "status"), "........");
    }
    CHECK_EQ(notes->watches.load(), 1u);
    messages::seats_changed change{
        domain::event_id{"rock"}, domain::section_no{0}, domain::epoch{1}, 11, {{domain::seat_no{2}, 'H'}}, {7, 1}};
    notes->tell(change);
    for (auto* client : {&first, &second}) {
      auto delta = client->next("seats.delta");
      CHECK_EQ(boost::json::serialize(delta.at("set")), R"([[2,"H"]])");
      CHECK_EQ(delta.at("totals").at("held").to_number<int>(), 1);
    }
    // Whoever comes now gets the present state.
    auto late = first.ask(R"({"type":"seats.watch","id":"l","event":"rock","section":"stalls"})", "l");
    CHECK_EQ(text(late, "status"), "..H.....");
    CHECK_EQ(late.at("totals").at("held").to_number<int>(), 1);
    change.seq = 13;
    notes->tell(change);
    CHECK_EQ(first.next("seats.snapshot").at("seq").to_number<int>(), 10);
    CHECK_EQ(slug(first.ask(R"({"type":"seats.watch","id":"x","event":"rock","section":"roof"})", "x")), "not-found");
    for (auto* client : {&first, &second})
      CHECK_EQ(text(client->ask(R"({"type":"seats.unwatch","id":"u","event":"rock","section":"stalls"})", "u"), "type"),
               "seats.unwatched");
    await([this] { return notes->unwatches.load() == 1; });
  }
}

SCENARIO("watchers who missed changes get a snapshot although the first question for it was refused") {
  GIVEN("a client that watches a section") {
    websocket_client client{port()};
    client.hello();
    client.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"stalls"})", "w");
    notes->refuse_watch = true;
    notes->tell(messages::seats_changed{
        domain::event_id{"rock"}, domain::section_no{0}, domain::epoch{1}, 13, {{domain::seat_no{2}, 'H'}}});
    CHECK_EQ(client.next("seats.snapshot").at("seq").to_number<int>(), 10);
    CHECK_EQ(notes->watches.load(), 3u);
  }
}

SCENARIO("watchers get a fresh snapshot when the event has another plan, and changes by its order from then on") {
  GIVEN("a client that watches the balcony") {
    websocket_client client{port()};
    client.hello();
    auto snapshot = client.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"balcony"})", "w");
    CHECK_EQ(boost::json::serialize(snapshot.at("seats")), R"(["B-1","B-2"])");
    auto sections = small_hall()->sections();
    std::swap(sections[1].seats[0], sections[1].seats[1]);
    auto read = std::make_shared<const domain::seating_plan>("Hall", small_hall()->categories(), sections);
    std::vector<domain::section_standing> standings;
    for (const auto& section : sections)
      standings.emplace_back(section.capacity());
    auto turned = domain::with_numbers(
        read, std::get<domain::plan_numbering>(domain::renumber(*small_hall(), *read, standings, domain::instant{})));
    auto plan_text = std::make_shared<const std::string>("{}");
    notes->tell(messages::event_announced{domain::event_id{"rock"}, turned, plan_text, "EUR", true, false, {}});
    CHECK_EQ(boost::json::serialize(client.next("seats.snapshot").at("seats")), R"(["B-2","B-1"])");
    notes->tell(messages::seats_changed{
        domain::event_id{"rock"}, domain::section_no{1}, domain::epoch{1}, 11, {{domain::seat_no{0}, 'H'}}});
    CHECK_EQ(boost::json::serialize(client.next("seats.delta").at("set")), R"([[1,"H"]])");
    CHECK_EQ(notes->watches.load(), 2u);
  }
}

SCENARIO("settings alone are no news of seats, for those who watch") {
  GIVEN("a client that watches a section") {
    websocket_client client{port()};
    client.hello();
    client.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"stalls"})", "w");
    WHEN("the event is announced again, and its section refuses to say at once how it stands") {
      notes->refuse_watch = true;
      auto plan_text = std::make_shared<const std::string>("{}");
      notes->tell(messages::event_announced{domain::event_id{"rock"}, notes->plan, plan_text, "CHF", true, false, {}});
      THEN("it is asked until it says, and the next that the client hears is a change") {
        await([this] { return notes->watches.load() == 3; });
        notes->tell(messages::seats_changed{
            domain::event_id{"rock"}, domain::section_no{0}, domain::epoch{1}, 11, {{domain::seat_no{2}, 'H'}}});
        CHECK_EQ(text(client.next(), "type"), "seats.delta");
      }
    }
  }
}

SCENARIO("a section that the plan no longer has can still be unwatched") {
  GIVEN("a client that watches the balcony, which a new plan drops") {
    websocket_client client{port()};
    client.hello();
    client.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"balcony"})", "w");
    auto hall = small_hall();
    std::vector<domain::section_plan> kept{hall->sections()[0], hall->sections()[2]};
    auto read = std::make_shared<const domain::seating_plan>("Hall", small_hall()->categories(), kept);
    std::vector<domain::section_standing> standings;
    for (const auto& section : hall->sections())
      standings.emplace_back(section.capacity());
    auto smaller = domain::with_numbers(
        read, std::get<domain::plan_numbering>(domain::renumber(*small_hall(), *read, standings, domain::instant{})));
    auto plan_text = std::make_shared<const std::string>("{}");
    notes->tell(messages::event_announced{domain::event_id{"rock"}, smaller, plan_text, "EUR", true, false, {}});
    client.next("seats.snapshot");
    CHECK_EQ(text(client.ask(R"({"type":"seats.unwatch","id":"u","event":"rock","section":"balcony"})", "u"), "type"),
             "seats.unwatched");
    await([this] { return notes->unwatches.load() == 1; });
    CHECK_EQ(slug(client.ask(R"({"type":"seats.unwatch","id":"v","event":"rock","section":"balcony"})", "v")),
             "not-found");
  }
}

SCENARIO("everybody in line hears at once that the event is sold out, and that it is no longer") {
  GIVEN("people who wait so far back that they are told only now and then") {
    std::vector<std::unique_ptr<websocket_client>> people;
    for (int i = 0; i < 20; ++i) {
      people.push_back(std::make_unique<websocket_client>(port()));
      people.back()->hello();
      people.back()->ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    }
    messages::queue_moved line{domain::event_id{"rock"},
                               domain::queue_state::waiting,
                               {1, std::nullopt},
                               {{{domain::queue_number{1}}, {domain::queue_number{7}, 3'600, 3'600}}}};
    notes->tell(line);
    for (auto& one : people)
      while (one->next("queue.state").at("ahead").to_number<int>() != 3'600) {
      }
    for (auto state : {domain::queue_state::sold_out, domain::queue_state::waiting, domain::queue_state::closed}) {
      auto changed = std::chrono::steady_clock::now();
      line.state = state;
      notes->tell(line);
      for (auto& one : people)
        CHECK_EQ(text(one->next("queue.state"), "state"), domain::to_string(state));
      CHECK(std::chrono::steady_clock::now() - changed < 2s);
    }
  }
}

SCENARIO("a pass that its owner gave up is void, and what was held with it is told again") {
  GIVEN("two connections of a buyer who was let in, and who holds a seat") {
    websocket_client first{port()};
    auto welcome = first.hello();
    auto buyer = text(welcome, "buyer");
    websocket_client second{port()};
    second.hello(R"(,"token":")" + text(welcome, "token") + "\"");
    for (auto* client : {&first, &second})
      client->ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    admit(buyer);
    auto pass = text(first.next("queue.admitted"), "pass");
    second.next("queue.admitted");
    auto hold = [&](websocket_client& client, const std::string& key) {
      return client.ask(R"({"type":"hold","id":"h","event":"rock","seats":["S-A-3"],"key":")" + key + R"(","pass":")"
                            + pass + "\"}",
                        "h");
    };
    auto held = hold(first, "once");
    CHECK_EQ(text(held, "type"), "held");
    notes->tell(messages::place_given_up{domain::event_id{"rock"}, domain::buyer_id{buyer}, domain::queue_number{7},
                                         in_ten_minutes()});
    WHEN("they have left") {
      for (auto* client : {&first, &second})
        client->next("queue.left");
      THEN("nothing new is held until they are let in again") {
        for (auto* client : {&first, &second}) {
          CHECK_EQ(slug(hold(*client, "another")), "not-admitted");
          CHECK_EQ(slug(client->ask(R"({"type":"hold","id":"i","event":"rock","seats":["S-A-3"]})", "i")),
                   "not-admitted");
          CHECK_EQ(text(hold(*client, "once"), "hold"), text(held, "hold"));
        }
        admit(buyer);
        for (auto* client : {&first, &second})
          client->ask(R"({"type":"ping","id":"p"})", "p");
        await([&] { return text(hold(first, "another"), "type") == "held"; });
      }
    }
  }
}

SCENARIO("when a pass is over, repeats get their answers, and nothing new is held") {
  GIVEN("a client that holds a seat by its pass") {
    websocket_client client{port()};
    auto buyer = text(client.hello(), "buyer");
    client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    admit(buyer);
    client.next("queue.admitted");
    auto held = client.ask(R"({"type":"hold","id":"1","event":"rock","key":"k","seats":["S-A-3"]})", "1");
    CHECK_EQ(text(held, "type"), "held");
    WHEN("an hour has passed") {
      ahead = std::chrono::hours{1};
      auto again = client.ask(R"({"type":"hold","id":"2","event":"rock","key":"k","seats":["S-A-3"]})", "2");
      CHECK_EQ(text(again, "hold"), text(held, "hold"));
      CHECK_EQ(slug(client.ask(R"({"type":"hold","id":"3","event":"rock","key":"l","seats":["S-A-3"]})", "3")),
               "not-admitted");
      CHECK_EQ(slug(client.ask(R"({"type":"hold","id":"4","event":"rock","seats":["S-A-3"]})", "4")), "not-admitted");
    }
  }
}

SCENARIO("who waits is told where, let in, and may then hold") {
  GIVEN("a client in the waiting room") {
    websocket_client client{port()};
    auto welcome = client.hello();
    auto buyer = text(welcome, "buyer");
    auto place = client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    CHECK_EQ(text(place, "state"), "waiting");
    CHECK_EQ(place.at("ahead").to_number<int>(), 6);
    notes->tell(moved_to(5));
    CHECK_EQ(client.next("queue.state").at("ahead").to_number<int>(), 2);
    admit(buyer);
    auto admitted = client.next("queue.admitted");
    auto held = client.ask(
        R"({"type":"hold","id":"h","event":"rock","seats":["S-A-3"],"pass":")" + text(admitted, "pass") + R"("})", "h");
    CHECK_EQ(text(held, "type"), "held");
    CHECK_EQ(text(client.ask(R"({"type":"queue.leave","id":"l","event":"rock"})", "l"), "type"), "queue.left");
  }
}

SCENARIO("who waits takes the place again when the waiting room is started anew") {
  auto announce = [this](std::uint64_t room) {
    auto text_of_plan = std::make_shared<const std::string>("another plan");
    notes->tell(messages::event_announced{domain::event_id{"rock"}, notes->plan, text_of_plan, "EUR", true, false,
                                          domain::epoch{room}});
  };
  for (bool refused_at_first : {false, true}) {
    websocket_client client{port()};
    client.hello();
    auto before = client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    auto asked_before = notes->joins.load();
    announce(refused_at_first ? 1 : 0); // the same room: nothing to do
    notes->refuse_join = refused_at_first;
    announce(refused_at_first ? 2 : 1);
    auto asked = asked_before + (refused_at_first ? 2 : 1);
    // Whatever the new room says makes the board look at those who wait.
    notes->tell(moved_to(2));
    await([&] { return notes->joins.load() == asked; });
    notes->tell(moved_to(3));
    auto told = client.next("queue.state");
    while (told.at("ahead").to_number<int>() != 4)
      told = client.next("queue.state");
    CHECK(!told.contains("re"));
    CHECK_EQ(told.at("number").to_number<int>(), before.at("number").to_number<int>());
    CHECK_EQ(notes->joins.load(), asked);
  }
}

SCENARIO("who could not leave the waiting room stays in it") {
  GIVEN("a client that waits, and a room that has no time for it") {
    websocket_client client{port()};
    client.hello();
    client.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    notes->refuse_leave = true;
    CHECK_EQ(slug(client.ask(R"({"type":"queue.leave","id":"l","event":"rock"})", "l")), "overloaded");
    THEN("it hears where it stands as before, and may leave later") {
      notes->tell(moved_to(5));
      CHECK_EQ(client.next("queue.state").at("ahead").to_number<int>(), 2);
      CHECK_EQ(text(client.ask(R"({"type":"queue.leave","id":"m","event":"rock"})", "m"), "type"), "queue.left");
    }
  }
}

SCENARIO("who leaves the waiting room leaves it with all connections") {
  GIVEN("two connections of a buyer who waits") {
    websocket_client first{port()};
    auto welcome = first.hello();
    websocket_client second{port()};
    second.hello(R"(,"token":")" + text(welcome, "token") + "\"");
    for (auto* client : {&first, &second})
      CHECK_EQ(text(client->ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j"), "state"), "waiting");
    first.ask(R"({"type":"queue.leave","id":"l","event":"rock"})", "l");
    domain::buyer_id buyer{text(welcome, "buyer")};
    auto place_given_up = [&](std::uint64_t number) {
      notes->tell(messages::place_given_up{domain::event_id{"rock"}, buyer, domain::queue_number{number}});
    };
    place_given_up(6); // not theirs any more
    place_given_up(7);
    THEN("the other one hears of it, once") {
      auto told = second.next("queue.left");
      CHECK(!told.contains("re"));
      CHECK_EQ(text(told, "event"), "rock");
      place_given_up(7);
      CHECK_EQ(text(second.ask(R"({"type":"ping","id":"p"})", "p"), "type"), "pong");
      CHECK_EQ(text(first.ask(R"({"type":"ping","id":"p"})", "p"), "type"), "pong");
    }
  }
}

SCENARIO("every connection of a buyer hears of orders and of holds that ran out") {
  GIVEN("two connections of one buyer") {
    websocket_client first{port()};
    auto token = text(first.hello(), "token");
    websocket_client second{port()};
    second.hello(R"(,"token":")" + token + "\"");
    auto held = first.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3","B-1"]})", "h");
    auto hold = text(held, "hold");
    first.send(R"({"type":"order","id":"o","hold":")" + hold + R"(","key":"k","payment":{"method":"card"}})");
    CHECK_EQ(text(second.next("order"), "state"), "confirmed");
    bool told = false;
    for (int frames = 0; frames < 2; ++frames)
      told = told || !first.next("order").contains("re");
    CHECK(told);

    auto named = codec::parse_hold_name(hold);
    REQUIRE(named);
    auto claims = text(held, "hold");
    auto buyer = domain::buyer_id{};
    websocket_client third{port()};
    buyer = domain::buyer_id{text(third.hello(R"(,"token":")" + token + "\""), "buyer")};
    for (auto section : named->sections)
      notes->tell(messages::hold_expired{named->event, named->hold, buyer, section});
    for (auto* client : {&first, &second, &third})
      CHECK_EQ(text(client->next("hold.expired"), "hold"), hold);
    CHECK_EQ(text(first.ask(R"({"type":"ping","id":"p"})", "p"), "type"), "pong");
  }
}

SCENARIO("whoever comes back is told what became of the orders that were under way") {
  GIVEN("a client whose connection breaks while it pays") {
    websocket_client lost{port()};
    auto welcome = lost.hello();
    auto hold = text(lost.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3"]})", "h"), "hold");
    auto order = text(
        lost.ask(R"({"type":"order","id":"o","hold":")" + hold + R"(","key":"k","payment":{"method":"slow"}})", "o"),
        "order");
    lost.vanish();
    websocket_client back{port()};
    back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
    THEN("it hears of it") {
      auto told = back.next("order");
      CHECK_EQ(text(told, "order"), order);
      CHECK_EQ(text(told, "state"), "confirmed");
    }
  }
}

SCENARIO("a hold over several sections keeps its name when its buyer comes back") {
  GIVEN("a client with such a hold, whose connection breaks") {
    websocket_client lost{port()};
    auto welcome = lost.hello();
    auto hold = text(lost.ask(R"({"type":"hold","id":"h","event":"open","seats":["S-A-3","B-1"]})", "h"), "hold");
    lost.vanish();
    websocket_client back{port()};
    back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
    auto named = codec::parse_hold_name(hold);
    REQUIRE(named);
    notes->tell(messages::hold_expired{named->event, named->hold, domain::buyer_id{text(welcome, "buyer")},
                                       named->sections.back()});
    THEN("it is told by that name that it has ended") {
      CHECK_EQ(text(back.next("hold.expired"), "hold"), hold);
    }
  }
}

SCENARIO("snapshots wait until what was sent before has been read") {
  GIVEN("a gateway that keeps hardly anything for a connection, and a client that watches all sections") {
    auto configured = quick_options();
    configured.outgoing_bytes_max = 16;
    served narrow{std::move(configured)};
    websocket_client lost{narrow.port()};
    auto welcome = lost.hello();
    for (const auto* section : {"stalls", "balcony", "floor"})
      lost.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":")" + std::string{section} + "\"}", "w");
    lost.vanish();
    websocket_client back{narrow.port()};
    back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
    THEN("all of them come when it is back, and when the event has another plan") {
      std::set<std::string> told;
      for (int i = 0; i < 3; ++i)
        told.insert(text(back.next("seats.snapshot"), "section"));
      CHECK_EQ(told.size(), 3u);
      narrow.notes->tell(messages::event_announced{domain::event_id{"rock"},
                                                   small_hall(),
                                                   std::make_shared<const std::string>("another plan"),
                                                   "EUR",
                                                   true,
                                                   false,
                                                   {}});
      for (int i = 0; i < 3; ++i)
        told.erase(text(back.next("seats.snapshot"), "section"));
      CHECK(told.empty());
    }
  }
}

SCENARIO("a client that comes back keeps its place and its watches") {
  GIVEN("a client whose connection breaks") {
    websocket_client lost{port()};
    auto welcome = lost.hello();
    lost.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    lost.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"balcony"})", "w");
    lost.vanish();
    await([this] {
      std::lock_guard guard{notes->lock};
      return !notes->left.empty();
    });
    websocket_client back{port()};
    auto again = back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
    CHECK(again.at("resumed").as_bool());
    CHECK_EQ(text(again, "buyer"), text(welcome, "buyer"));
    CHECK_EQ(text(back.next("seats.snapshot"), "section"), "balcony");
    CHECK_EQ(back.next("queue.state").at("number").to_number<int>(), 7);
  }
  GIVEN("a client whose next connection breaks, too, before it has heard the welcome") {
    websocket_client lost{port()};
    auto welcome = lost.hello();
    lost.ask(R"({"type":"seats.watch","id":"w","event":"rock","section":"balcony"})", "w");
    auto resume = R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})";
    for (int i = 0; i < 2; ++i) {
      websocket_client back{port()};
      CHECK(back.hello(resume).at("resumed").as_bool());
      CHECK_EQ(text(back.next("seats.snapshot"), "section"), "balcony");
      back.vanish();
    }
  }
  GIVEN("a client that has gone on with its next connection") {
    websocket_client lost{port()};
    auto resume = R"(,"resume":{"session":")" + text(lost.hello(), "session") + R"(","seen":0})";
    lost.vanish();
    websocket_client back{port()};
    CHECK(back.hello(resume).at("resumed").as_bool());
    back.ask(R"({"type":"ping","id":"p"})", "p");
    websocket_client late{port()};
    CHECK(!late.hello(resume).at("resumed").as_bool());
    CHECK_EQ(text(back.ask(R"({"type":"ping","id":"p"})", "p"), "type"), "pong");
  }
  GIVEN("a client whose next connection is lost without a sign, before it has heard the welcome") {
    websocket_client lost{port()};
    auto resume = R"(,"resume":{"session":")" + text(lost.hello(), "session") + R"(","seen":0})";
    lost.vanish();
    websocket_client silent{port()};
    CHECK(silent.hello(resume).at("resumed").as_bool());
    websocket_client back{port()};
    CHECK(back.hello(resume).at("resumed").as_bool());
    CHECK_EQ(silent.close_code(), 1000u);
  }
  GIVEN("a client that comes back before its old connection was missed") {
    websocket_client old{port()};
    auto welcome = old.hello();
    websocket_client back{port()};
    auto again = back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
    CHECK(again.at("resumed").as_bool());
    CHECK_EQ(old.close_code(), 1000u);
  }
}

SCENARIO("who comes back at once is not counted among those who left") {
  websocket_client old{port()};
  auto welcome = old.hello();
  old.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
  websocket_client back{port()};
  back.hello(R"(,"resume":{"session":")" + text(welcome, "session") + R"(","seen":0})");
  back.next("queue.state");
  std::string other;
  {
    websocket_client lost{port()};
    other = text(lost.hello(), "buyer");
    lost.ask(R"({"type":"queue.join","id":"j","event":"rock"})", "j");
    lost.vanish();
  }
  await([this] {
    std::lock_guard guard{notes->lock};
    return !notes->left.empty();
  });
  std::lock_guard guard{notes->lock};
  for (const auto& news : notes->left)
    CHECK((news.buyers == std::vector{domain::buyer_id{other}}));
}

END_FIXTURE_SCOPE()
