#include "codec/bodies.hpp"

#include "codec/json_reader.hpp"
#include "codec/places.hpp"

#include <boost/json/parse.hpp>

namespace usher::codec {
namespace {

problem not_json(const boost::system::error_code& error) {
  return bad_request({}, "The body is not JSON: " + error.message() + ".");
}

/// Parses a body, reads its members with `read`, and returns its result or the first fault.
template <class Body, class Read>
read_body<Body> read_object(std::string_view text, const decode_limits& limits, Read read) {
  text = without_byte_order_mark(text);
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::system::error_code error;
  auto json = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error)
    return not_json(error);
  const auto* object = json.if_object();
  if (!object)
    return bad_request({}, "The body must be an object.");
  first_fault fault;
  object_reader members{*object, fault};
  Body body = read(members);
  if (fault)
    return std::move(*fault);
  return body;
}

} // namespace

std::optional<problem> check_empty_body(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return std::nullopt;
  auto body = read_object<bool>(text, {}, [](object_reader&) { return true; });
  if (auto* fault = std::get_if<problem>(&body))
    return std::move(*fault);
  return std::nullopt;
}

read_body<places_wish> read_hold_body(std::string_view text, const decode_limits& limits) {
  return read_object<places_wish>(text, limits, [&](object_reader& members) {
    members.refuse_others({"seats", "section", "quantity", "best"});
    return read_places(members, limits);
  });
}

read_body<order_body> read_order_body(std::string_view text, const decode_limits& limits) {
  return read_object<order_body>(text, limits, [&](object_reader& members) {
    members.refuse_others({"hold", "payment"});
    auto hold = read_hold_name(members);
    return order_body{std::move(hold), read_payment_method(members, limits)};
  });
}

} // namespace usher::codec
