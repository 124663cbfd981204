#define CAF_SUITE gateway.asyncapi

#include "codec/asyncapi.hpp"
#include "codec/frames.hpp"
#include "codec/openapi.hpp"

#include <boost/json/parse.hpp>

#include <caf/test/bdd_dsl.hpp>

#include <map>
#include <set>

using namespace usher::codec;

namespace {

namespace json = boost::json;

const json::value& document() {
  static const auto parsed = json::parse(json::string_view{asyncapi_document().data(), asyncapi_document().size()});
  return parsed;
}

/// What a reference in the document leads to in the end.
const json::value& follow(const json::value& root, const json::value& from) {
  const json::value* at = &from;
  for (int hops = 0; at->is_object() && at->as_object().contains("$ref"); ++hops) {
    CAF_REQUIRE(hops < 10);
    at = &root.at_pointer(std::string{at->at("$ref").as_string()}.substr(1));
  }
  return *at;
}

/// The type that a message's payload must have.
std::string type_of(const json::value& message) {
  const auto* schema = &follow(document(), message).at("payload");
  if (const auto* parts = schema->as_object().if_contains("allOf"))
    schema = &parts->at(0);
  return std::string{schema->at_pointer("/properties/type/const").as_string()};
}

/// The types of the frames that an operation lists.
std::set<std::string> types_in(const json::value& operation) {
  std::set<std::string> types;
  for (const auto& message : operation.at("messages").as_array())
    types.insert(type_of(message));
  return types;
}

/// For each frame that clients send, the types of its answers.
std::map<std::string, std::set<std::string>> documented_requests() {
  std::map<std::string, std::set<std::string>> requests;
  for (const auto& operation : document().at("operations").as_object())
    if (operation.value().at("action") == "receive")
      for (const auto& type : types_in(operation.value()))
        requests[type] = types_in(operation.value().at("reply"));
  return requests;
}

void check_references(const json::value& root, const json::value& at) {
  if (const auto* object = at.if_object()) {
    if (object->contains("$ref"))
      (void)follow(root, at);
    for (const auto& member : *object)
      check_references(root, member.value());
  } else if (const auto* array = at.if_array()) {
    for (const auto& element : *array)
      check_references(root, element);
  }
}

} // namespace

SCENARIO("every frame that clients may send stands in the document, with its answers, and the other way round") {
  GIVEN("the code's table and the document") {
    std::map<std::string, std::set<std::string>> in_code;
    for (const auto& type : frames::frame_types())
      if (type.from == frames::sender::client)
        in_code[std::string{type.name}] = {std::string{type.answered_by}, "problem"};
    THEN("they agree") {
      CHECK(in_code == documented_requests());
    }
  }
}

SCENARIO("every frame that Usher sends stands in the document, and the other way round") {
  GIVEN("the code's table and the document") {
    std::set<std::string> in_code, in_document;
    for (const auto& type : frames::frame_types())
      if (type.from == frames::sender::server)
        in_code.insert(std::string{type.name});
    for (const auto& operation : document().at("operations").as_object()) {
      bool asked = operation.value().at("action") == "receive";
      auto types = types_in(asked ? operation.value().at("reply") : operation.value());
      in_document.insert(types.begin(), types.end());
    }
    THEN("they agree") {
      CHECK(in_code == in_document);
    }
  }
}

SCENARIO("every answer is a frame that Usher sends") {
  GIVEN("the code's table") {
    std::set<std::string_view> sent;
    for (const auto& type : frames::frame_types())
      if (type.from == frames::sender::server)
        sent.insert(type.name);
    THEN("each answer stands in it") {
      for (const auto& type : frames::frame_types())
        CHECK_EQ(sent.contains(type.answered_by), type.from == frames::sender::client);
    }
  }
}

SCENARIO("all references of both documents lead somewhere") {
  GIVEN("the documents") {
    THEN("they can be followed") {
      check_references(document(), document());
      auto openapi = json::parse(json::string_view{openapi_document().data(), openapi_document().size()});
      check_references(openapi, openapi);
      CHECK(openapi.at("openapi") == "3.1.0");
      CHECK(document().at("asyncapi") == "3.0.0");
    }
  }
}
