#define CAF_SUITE gateway.decode

#include "codec/decode.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::codec;

namespace {

const std::string hold_text = "rock~3~0123456789abcdeffedcba9876543210";

frames::received decode(std::string_view text) {
  static codec::frame_decoder decoder;
  return decoder.decode(text);
}

template <class Frame>
Frame decode_as(std::string_view text) {
  auto received = decode(text);
  if (auto* frame = std::get_if<Frame>(&received.content))
    return *frame;
  if (const auto* what = std::get_if<codec::problem>(&received.content))
    CAF_FAIL("not a frame: " << what->pointer << " " << what->detail);
  CAF_FAIL("another frame");
}

/// The pointer of the problem with a frame, or `(none)`.
std::string fault_at(std::string_view text) {
  auto received = decode(text);
  const auto* what = std::get_if<codec::problem>(&received.content);
  if (!what)
    return "(none)";
  CHECK(what->reason == domain::rejection::bad_request);
  CHECK(!what->detail.empty());
  return what->pointer;
}

} // namespace

SCENARIO("every frame of the protocol is read") {
  GIVEN("one of each") {
    THEN("each has its struct, with all that was said") {
      auto hello = decode_as<frames::hello>(R"({"type":"hello","id":"1"})");
      CHECK(!hello.token);
      CHECK(!hello.resume);
      hello = decode_as<frames::hello>(R"({"type":"hello","id":"1","token":"t","resume":{"session":"s","seen":7}})");
      CHECK_EQ(hello.token.value(), "t");
      CHECK_EQ(hello.resume.value().session, "s");
      CHECK(!hello.places);
      CHECK(!hello.watch);
      hello = decode_as<frames::hello>(
          R"({"type":"hello","id":"1","token":"t","places":["q","r"],
              "watch":[{"event":"rock","sections":["101","102"]},{"event":"jazz","sections":["A"]}]})");
      CHECK_EQ(hello.places.value(), (std::vector<std::string>{"q", "r"}));
      CHECK_EQ(hello.watch.value().at(0).event.value(), "rock");
      CHECK_EQ(hello.watch.value().at(0).sections, (std::vector<std::string>{"101", "102"}));
      CHECK_EQ(hello.watch.value().at(1).sections, std::vector<std::string>{"A"});
      hello = decode_as<frames::hello>(R"({"type":"hello","id":"1","places":[],"watch":[]})");
      CHECK_EQ(hello.places.value().size() + hello.watch.value().size(), 0u);
      auto own = decode_as<frames::list_own>(R"({"type":"me","id":"1"})");
      CHECK(!own.event);
      CHECK(!own.after);
      own = decode_as<frames::list_own>(R"({"type":"me","id":"1","event":"rock","after":"jazz"})");
      CHECK_EQ(own.event.value().value(), "rock");
      CHECK_EQ(own.after.value().value(), "jazz");
      auto join = decode_as<frames::join_queue>(R"({"type":"queue.join","id":"1","event":"rock","token":"q"})");
      CHECK_EQ(join.event.value(), "rock");
      CHECK_EQ(join.token.value(), "q");
      CHECK_EQ(decode_as<frames::leave_queue>(R"({"type":"queue.leave","id":"1","event":"rock"})").event.value(),
               "rock");
      auto watch = decode_as<frames::watch_seats>(R"({"type":"seats.watch","id":"1","event":"rock","section":"101"})");
      CHECK_EQ(watch.section, "101");
      auto unwatch =
          decode_as<frames::unwatch_seats>(R"({"type":"seats.unwatch","id":"1","event":"rock","section":"101"})");
      CHECK_EQ(unwatch.section, "101");
      auto release = decode_as<frames::release>(R"({"type":"release","id":"1","hold":")" + hold_text + R"("})");
      CHECK_EQ(to_string(release.hold), hold_text);
      auto order = decode_as<frames::order>(R"({"type":"order","id":"1","hold":")" + hold_text
                                            + R"(","key":"k","payment":{"method":"card"}})");
      CHECK_EQ(to_string(order.hold), hold_text);
      CHECK_EQ(order.key, "k");
      CHECK_EQ(order.method, "card");
      decode_as<frames::ping>(R"({"type":"ping","id":"1"})");
    }
  }
}

SCENARIO("a hold's wish comes in three forms") {
  GIVEN("one of each") {
    THEN("each is read") {
      auto seats = decode_as<frames::hold>(
          R"({"type":"hold","id":"1","event":"rock","key":"k","pass":"p","seats":["A-1","Ä-2"]})");
      CHECK(seats.places == (codec::places_wish{codec::named_seats{{"A-1", "Ä-2"}}}));
      CHECK_EQ(seats.key.value(), "k");
      CHECK_EQ(seats.pass.value(), "p");
      auto floor = decode_as<frames::hold>(R"({"type":"hold","id":"1","event":"rock","section":"f","quantity":4})");
      CHECK(floor.places == (codec::places_wish{codec::places_in_section{"f", 4}}));
      CHECK(!floor.key);
      auto best = decode_as<frames::hold>(R"({"type":"hold","id":"1","event":"rock","best":{"quantity":2}})");
      CHECK(best.places == (codec::places_wish{codec::best_places{2, std::nullopt, std::nullopt}}));
      best = decode_as<frames::hold>(
          R"({"type":"hold","id":"1","event":"rock","best":{"quantity":2,"category":"c","section":"s"}})");
      CHECK(best.places == (codec::places_wish{codec::best_places{2, "c", "s"}}));
    }
  }
}

SCENARIO("unknown members are passed over, but not in a wish, and null counts as missing") {
  GIVEN("frames of a newer client") {
    THEN("one that holds and pays nothing is read, and one that does is refused: it might mean something else") {
      decode_as<frames::join_queue>(R"({"new":{"a":[1]},"type":"queue.join","id":"1","event":"rock","token":null})");
      decode_as<frames::hold>(R"({"type":"hold","id":"1","event":"rock","key":null,"best":null,"seats":["A-1"]})");
      CHECK_EQ(fault_at(R"({"new":1,"type":"hold","id":"1","event":"rock","seats":["A-1"]})"), "/new");
      CHECK_EQ(fault_at(R"({"type":"hold","id":"1","event":"rock","best":{"quantity":1,"categroy":"x"}})"),
               "/best/categroy");
      CHECK_EQ(fault_at(R"({"tip":5,"type":"order","id":"1","hold":"x","key":"k"})"), "/tip");
    }
  }
}

SCENARIO("the id comes back with every problem that it can be read of") {
  GIVEN("bad frames") {
    THEN("those with an id keep it") {
      CHECK_EQ(decode(R"({"type":"hold","id":"a\u0000b"})").id.value(), std::string("a\0b", 3));
      CHECK_EQ(decode(R"({"id":"x"})").id.value(), "x");
      CHECK(!decode(R"({"type":"ping"})").id);
      CHECK(!decode(R"({"type":"ping","id":7})").id);
      CHECK(!decode("{").id);
    }
  }
}

SCENARIO("malformed frames are refused with the place of the fault") {
  GIVEN("one of each kind") {
    const std::string hold = R"({"type":"hold","id":"1","event":"rock")";
    const std::string order = R"({"type":"order","id":"1")";
    auto quoted = [](std::size_t length) { return "\"" + std::string(length, 'x') + "\""; };
    auto list_of = [](std::size_t texts) {
      std::string list = R"("x")";
      for (std::size_t i = 1; i < texts; ++i)
        list += R"(,"x")";
      return list;
    };
    THEN("the pointer leads to the fault") {
      CHECK_EQ(fault_at(""), "");
      CHECK_EQ(fault_at("{"), "");
      CHECK_EQ(fault_at("{}{}"), "");
      CHECK_EQ(fault_at("[]"), "");
      CHECK_EQ(fault_at("null"), "");
      CHECK_EQ(fault_at("{\"type\":\"ping\",\"id\":\"\xff\"}"), "");
      CHECK_EQ(fault_at("{\"type\":\"ping\",\"id\":\"\xed\xa0\x80\"}"), "");
      CHECK_EQ(fault_at(R"({"type":"ping","id":"1","x":)" + std::string(9, '[') + std::string(9, ']') + "}"), "");
      CHECK_EQ(fault_at(std::string(100'000, '[')), "");
      CHECK_EQ(fault_at(R"({"type":"ping"})"), "/id");
      CHECK_EQ(fault_at(R"({"type":"ping","id":1})"), "/id");
      CHECK_EQ(fault_at(R"({"type":"ping","id":)" + quoted(129) + "}"), "/id");
      CHECK_EQ(fault_at(R"({"id":"1"})"), "/type");
      CHECK_EQ(fault_at(R"({"id":"1","type":7})"), "/type");
      CHECK_EQ(fault_at(R"({"id":"1","type":"held"})"), "/type");
      CHECK_EQ(fault_at(R"({"id":"1","type":"Hold"})"), "/type");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","token":7})"), "/token");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","token":)" + quoted(4097) + "}"), "/token");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","resume":"s"})"), "/resume");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","resume":{}})"), "/resume/session");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","resume":{"session":"s","seen":-1}})"), "/resume/seen");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","places":"q"})"), "/places");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","places":["q",7]})"), "/places/1");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","places":[)" + quoted(4097) + "]}"), "/places/0");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","places":[)" + list_of(65) + "]}"), "/places");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","watch":["rock"]})"), "/watch/0");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","watch":[{"event":"rock"}]})"), "/watch/0/sections");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","watch":[{"event":"Rock","sections":["A"]}]})"), "/watch/0/event");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","watch":[{"event":"rock","sections":[]}]})"), "/watch/0/sections");
      CHECK_EQ(fault_at(R"({"id":"1","type":"hello","watch":[{"event":"rock","sections":[)" + list_of(600)
                        + R"(]},{"event":"jazz","sections":[)" + list_of(600) + "]}]}"),
               "/watch/1/sections");
      CHECK_EQ(fault_at(R"({"id":"1","type":"me","event":"Rock"})"), "/event");
      CHECK_EQ(fault_at(R"({"id":"1","type":"me","evnt":"rock"})"), "/evnt");
      CHECK_EQ(fault_at(R"({"id":"1","type":"queue.join"})"), "/event");
      CHECK_EQ(fault_at(R"({"id":"1","type":"queue.join","event":"Rock"})"), "/event");
      CHECK_EQ(fault_at(R"({"id":"1","type":"queue.leave","event":["rock"]})"), "/event");
      CHECK_EQ(fault_at(R"({"id":"1","type":"seats.watch","event":"rock"})"), "/section");
      CHECK_EQ(fault_at(R"({"id":"1","type":"seats.unwatch","event":"rock","section":""})"), "/section");
      CHECK_EQ(fault_at(hold + "}"), "");
      CHECK_EQ(fault_at(hold + R"(,"seats":["a"],"best":{"quantity":1}})"), "");
      CHECK_EQ(fault_at(hold + R"(,"seats":"a"})"), "/seats");
      CHECK_EQ(fault_at(hold + R"(,"seats":[]})"), "/seats");
      CHECK_EQ(fault_at(hold + R"(,"seats":["a",7]})"), "/seats/1");
      CHECK_EQ(fault_at(hold + R"(,"seats":["a",""]})"), "/seats/1");
      CHECK_EQ(fault_at(hold + R"(,"seats":["a","b\u0000"]})"), "/seats/1");
      CHECK_EQ(fault_at(hold + R"(,"seats":["a",)" + quoted(257) + "]}"), "/seats/1");
      CHECK_EQ(fault_at(hold + R"(,"section":"f"})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"quantity":1})"), "/section");
      CHECK_EQ(fault_at(hold + R"(,"section":"f","quantity":0})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"section":"f","quantity":1001})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"section":"f","quantity":1.5})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"section":"f","quantity":"1"})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"section":"f","quantity":18446744073709551615})"), "/quantity");
      CHECK_EQ(fault_at(hold + R"(,"best":3})"), "/best");
      CHECK_EQ(fault_at(hold + R"(,"best":{}})"), "/best/quantity");
      CHECK_EQ(fault_at(hold + R"(,"best":{"quantity":1,"category":1}})"), "/best/category");
      CHECK_EQ(fault_at(hold + R"(,"best":{"quantity":1,"section":{}}})"), "/best/section");
      CHECK_EQ(fault_at(hold + R"(,"key":"","seats":["a"]})"), "/key");
      CHECK_EQ(fault_at(hold + R"(,"key":)" + quoted(129) + R"(,"seats":["a"]})"), "/key");
      CHECK_EQ(fault_at(hold + R"(,"pass":true,"seats":["a"]})"), "/pass");
      CHECK_EQ(fault_at(R"({"id":"1","type":"release"})"), "/hold");
      CHECK_EQ(fault_at(R"({"id":"1","type":"release","hold":"rock~3~xyz"})"), "/hold");
      CHECK_EQ(fault_at(order + "}"), "/hold");
      CHECK_EQ(fault_at(order + R"(,"hold":")" + hold_text + R"("})"), "/key");
      CHECK_EQ(fault_at(order + R"(,"hold":")" + hold_text + R"(","key":"k"})"), "/payment");
      CHECK_EQ(fault_at(order + R"(,"hold":")" + hold_text + R"(","key":"k","payment":{}})"), "/payment/method");
    }
  }
}

SCENARIO("a wish for too many seats is refused") {
  GIVEN("1001 seats") {
    std::string seats = "\"a\"";
    for (int i = 0; i < 1000; ++i)
      seats += ",\"a\"";
    THEN("the list is at fault") {
      CHECK_EQ(fault_at(R"({"type":"hold","id":"1","event":"rock","seats":[)" + seats + "]}"), "/seats");
    }
  }
}

SCENARIO("any text is a frame or a problem") {
  GIVEN("random bytes and damaged frames") {
    const std::string whole = R"({"type":"hold","id":"1","event":"rock","key":"k","pass":"p","seats":["A-1","A-2"]})";
    THEN("the decoder says which, and nothing else happens") {
      CHECK(rc::check("random bytes", [](const std::string& text) { (void)decode(text); }));
      CHECK(rc::check("damaged frames", [&](std::uint16_t at, char c, std::uint8_t cut) {
        auto text = whole;
        text[at % text.size()] = c;
        text.resize(text.size() - cut % 4 * (cut % 20));
        (void)decode(text);
      }));
      decode_as<frames::hold>(whole);
    }
  }
}
