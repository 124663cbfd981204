#define CAF_SUITE bench.frame_reader

#include "crowd/frame_reader.hpp"

#include <boost/json.hpp>
#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

#include <string>

using namespace usher::crowd;

namespace {

/// Any JSON value, with names and strings that look like the members asked for.
rc::Gen<boost::json::value> json_value(int depth) {
  auto word = rc::gen::element<std::string>("type", "re", "\"re\":\"x\"", "\\", "a,b", "{", "]", "", "seat");
  auto text = rc::gen::map(word, [](std::string s) { return boost::json::value(s); });
  auto number = rc::gen::map(rc::gen::inRange(-1000, 1000), [](int n) { return boost::json::value(n); });
  if (depth == 0)
    return rc::gen::oneOf(text, number, rc::gen::element<boost::json::value>(nullptr, true, false));
  auto inner = rc::gen::lazy([depth] { return json_value(depth - 1); });
  auto array = rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<boost::json::value>>(inner)),
                            [](const std::vector<boost::json::value>& items) {
                              return boost::json::value(boost::json::array(items.begin(), items.end()));
                            });
  auto object =
      rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<std::pair<std::string, boost::json::value>>>(
                                          rc::gen::pair(word, inner))),
                   [](const std::vector<std::pair<std::string, boost::json::value>>& members) {
                     boost::json::object made;
                     for (const auto& [name, value] : members)
                       made[name] = value;
                     return boost::json::value(made);
                   });
  return rc::gen::oneOf(text, number, array, object);
}

/// What `member` shows of a value.
std::string shown(const boost::json::value& value) {
  auto text = boost::json::serialize(value);
  return value.is_string() ? text.substr(1, text.size() - 2) : text;
}

} // namespace

SCENARIO("a member reads as a full parser reads it") {
  CHECK(rc::check("against Boost.JSON", [] {
    boost::json::object frame;
    frame["event"] = *json_value(3);
    frame["re"] = *json_value(2);
    frame["type"] = *json_value(2);
    auto text = boost::json::serialize(frame);
    for (const auto* name : {"event", "re", "type"})
      RC_ASSERT(member(text, name) == shown(frame[name]));
    RC_ASSERT(!member(text, "absent").has_value());
  }));
}

SCENARIO("a text that breaks off is read up to there and no further") {
  CHECK(rc::check("any beginning of a frame", [] {
    const std::string text = R"({ "type" : "held", "seats":[{"guid":"A-1\\"},[]], "re":"17"})";
    auto part = text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size()));
    auto re = member(part, "re");
    RC_ASSERT(!re || *re == "17");
    auto type = member(part, "type");
    RC_ASSERT(!type || *type == "held");
  }));
}

SCENARIO("a frame's head is found in any order of members") {
  GIVEN("a frame that says its type last") {
    auto head = head_of(R"({"re":"9","seats":[{"type":"seat","re":"1"}],"type":"held"})");
    THEN("only the outermost members count") {
      CHECK_EQ(head.re, "9");
      CHECK_EQ(head.type, "held");
    }
  }
  GIVEN("a frame that nobody asked for") {
    auto head = head_of(R"({"type":"heartbeat","server_time":"2026-01-01T00:00:00Z"})");
    THEN("it answers nothing") {
      CHECK_EQ(head.re, "");
      CHECK_EQ(head.type, "heartbeat");
    }
  }
}

SCENARIO("an array gives its elements") {
  using texts = std::vector<std::string_view>;
  CHECK_EQ(elements(R"([{"a":[1,2]}, "x,]" ,7,[]])"), (texts{R"({"a":[1,2]})", "x,]", "7", "[]"}));
  CHECK_EQ(elements("[]"), texts{});
  CHECK_EQ(elements(""), texts{});
  CHECK_EQ(elements(R"({"a":1})"), texts{});
  CHECK_EQ(elements(R"(["a",{"b")"), texts{"a"});
}

SCENARIO("a problem shows its slug") {
  CHECK_EQ(slug_of(R"({"type":"problem","re":"1","problem":{"type":"https://example.org/problems/seat-taken"}})"),
           "seat-taken");
  CHECK_EQ(slug_of(R"({"type":"problem","re":"1"})"), "problem");
}
