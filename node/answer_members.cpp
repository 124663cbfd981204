#include "node/answer_members.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace usher::node {

namespace json = boost::json;

const json::value& member_of(const json::value& from, std::string_view name) {
  static const json::value nothing;
  auto object = from.if_object();
  auto value = object ? object->if_contains(name) : nullptr;
  return value ? *value : nothing;
}

const json::array& list_of(const json::value& from, std::string_view name) {
  static const json::array none;
  auto list = member_of(from, name).if_array();
  return list ? *list : none;
}

std::string text_of(const json::value& from, std::string_view name) {
  auto text = member_of(from, name).if_string();
  return text ? std::string{*text} : std::string{};
}

std::int64_t number_of(const json::value& from, std::string_view name) {
  json::error_code error;
  auto number = member_of(from, name).to_number<std::int64_t>(error);
  return error ? 0 : number;
}

} // namespace usher::node
