#include "codec/json_slice.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace usher::codec {
namespace {

constexpr std::string_view space = " \t\r\n";

std::size_t skip_space(std::string_view json, std::size_t at) {
  return std::min(json.find_first_not_of(space, at), json.size());
}

/// The end of the string that begins at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
  ++at;
  while (at < json.size() && json[at] != '"')
    at += json[at] == '\\' ? 2 : 1;
  return std::min(at + 1, json.size());
}

/// The end of the value that begins at `at`.
std::size_t skip_value(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  while (at < json.size()) {
    char c = json[at];
    if (c == '"') {
      at = skip_string(json, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
    } else if (depth > 0 && (c == '}' || c == ']')) {
      --depth;
      ++at;
    } else if (depth == 0) {
      return std::min(json.find_first_of(",}] \t\r\n", at), json.size());
    } else {
      ++at;
      continue;
    }
    if (depth == 0)
      return at;
  }
  return at;
}

/// A name may be written with escapes.
bool means(std::string_view quoted, std::string_view name) {
  if (quoted.find('\\') == std::string_view::npos)
    return quoted.substr(1, quoted.size() - 2) == name;
  boost::system::error_code error;
  auto json = boost::json::parse({quoted.data(), quoted.size()}, error);
  return !error && json.is_string() && json.get_string() == boost::json::string_view{name.data(), name.size()};
}

} // namespace

std::string_view member_text(std::string_view json, std::string_view name) {
  std::string_view found;
  auto at = skip_space(json, 0) + 1;
  for (at = skip_space(json, at); at < json.size() && json[at] == '"'; at = skip_space(json, at)) {
    auto name_end = skip_string(json, at);
    auto quoted = json.substr(at, name_end - at);
    auto colon = skip_space(json, name_end);
    auto value = skip_space(json, colon + 1);
    at = skip_value(json, value);
    if (means(quoted, name))
      found = json.substr(value, at - value);
    at = skip_space(json, at);
    if (at < json.size() && json[at] == ',')
      ++at;
  }
  return found;
}

} // namespace usher::codec
