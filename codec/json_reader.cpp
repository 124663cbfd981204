#include "codec/json_reader.hpp"

#include <algorithm>
#include <cmath>

namespace usher::codec {

std::string pointer_to(std::string_view parent, std::string_view name) {
  std::string pointer{parent};
  pointer += '/';
  for (char c : name) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return pointer;
}

std::string pointer_to(std::string_view parent, std::size_t index) {
  return std::string{parent} + "/" + std::to_string(index);
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::optional<std::string> fault_of_text(std::string_view text, std::size_t bytes_max) {
  if (text.empty())
    return "This must not be empty.";
  if (text.size() > bytes_max)
    return "This is longer than " + std::to_string(bytes_max) + " bytes.";
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control))
    return "This has a control character in it.";
  return std::nullopt;
}

std::string_view object_reader::text(std::string_view name, std::size_t bytes_max) {
  const auto* json = require(name);
  return json ? as_text(name, *json, bytes_max) : std::string_view{};
}

std::optional<std::string> object_reader::optional_text(std::string_view name, std::size_t bytes_max) {
  if (const auto* json = find(name))
    return std::string{as_text(name, *json, bytes_max)};
  return std::nullopt;
}

std::string object_reader::label(std::string_view name, std::size_t bytes_max) {
  const auto* json = require(name);
  bool empty = json && json->is_string() && json->get_string().empty();
  return json && !empty ? std::string{as_text(name, *json, bytes_max)} : std::string{};
}

std::int64_t object_reader::number(std::string_view name, std::int64_t low, std::int64_t high) {
  const auto* json = require(name);
  return json ? as_number(name, *json, low, high) : low;
}

std::optional<std::int64_t> object_reader::optional_number(std::string_view name, std::int64_t low, std::int64_t high) {
  if (const auto* json = find(name))
    return as_number(name, *json, low, high);
  return std::nullopt;
}

std::optional<bool> object_reader::optional_truth(std::string_view name) {
  const auto* json = find(name);
  if (!json)
    return std::nullopt;
  if (!json->is_bool()) {
    fail(name, "This must be true or false.");
    return std::nullopt;
  }
  return json->get_bool();
}

double object_reader::real(std::string_view name) {
  if (says_null(name))
    fail(name, "This is not a number, it is null.");
  const auto* json = require(name);
  if (!json)
    return 0;
  boost::system::error_code error;
  auto number = json->to_number<double>(error);
  if (!error && std::isfinite(number))
    return number;
  fail(name, "This must be a number.");
  return 0;
}

bool object_reader::is_object(std::string_view name) const {
  const auto* json = find(name);
  return json && json->is_object();
}

const boost::json::object* object_reader::optional_object(std::string_view name) {
  const auto* json = find(name);
  if (!json)
    return nullptr;
  if (!json->is_object())
    fail(name, "This must be an object.");
  return json->if_object();
}

const boost::json::object* object_reader::object(std::string_view name) {
  return require(name) ? optional_object(name) : nullptr;
}

const boost::json::array* object_reader::array(std::string_view name, std::size_t least, std::size_t most) {
  const auto* json = require(name);
  if (!json)
    return nullptr;
  const auto* elements = json->if_array();
  if (!elements)
    fail(name, "This must be an array.");
  else if (elements->size() < least)
    fail(name, "This must have at least " + std::to_string(least) + " element.");
  else if (elements->size() > most)
    fail(name, "This may have at most " + std::to_string(most) + " elements.");
  else
    return elements;
  return nullptr;
}

std::vector<std::string> object_reader::texts(std::string_view name, std::size_t least, std::size_t most,
                                              std::size_t bytes_max) {
  std::vector<std::string> result;
  const auto* elements = array(name, least, most);
  if (!elements)
    return result;
  result.reserve(elements->size());
  for (const auto& element : *elements) {
    const auto* text = element.if_string();
    auto sentence = text ? fault_of_text({text->data(), text->size()}, bytes_max)
                         : std::optional<std::string>{"This must be a text."};
    if (sentence) {
      if (!fault_)
        fault_ = bad_request(pointer_to(pointer(name), result.size()), std::move(*sentence));
      return result;
    }
    result.emplace_back(text->data(), text->size());
  }
  return result;
}

void object_reader::refuse_others(std::initializer_list<std::string_view> known) {
  for (const auto& member : object_) {
    std::string_view name{member.key().data(), member.key().size()};
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(name, "Nothing is known by this name here.");
  }
}

void object_reader::fail(std::string_view name, std::string sentence) {
  if (!fault_)
    fault_ = bad_request(pointer(name), std::move(sentence));
}

void object_reader::fail(std::string sentence) {
  if (!fault_)
    fault_ = bad_request(std::string{at_}, std::move(sentence));
}

bool object_reader::says_null(std::string_view name) const {
  const auto* json = object_.if_contains(name);
  return json && json->is_null();
}

const boost::json::value* object_reader::find(std::string_view name) const {
  const auto* json = object_.if_contains(name);
  return json && !json->is_null() ? json : nullptr;
}

const boost::json::value* object_reader::require(std::string_view name) {
  const auto* json = find(name);
  if (!json)
    fail(name, "This is missing.");
  return json;
}

std::string_view object_reader::as_text(std::string_view name, const boost::json::value& json, std::size_t bytes_max) {
  const auto* string = json.if_string();
  if (!string) {
    fail(name, "This must be a text.");
    return {};
  }
  std::string_view content{string->data(), string->size()};
  if (auto sentence = fault_of_text(content, bytes_max)) {
    fail(name, std::move(*sentence));
    return {};
  }
  return content;
}

std::int64_t object_reader::as_number(std::string_view name, const boost::json::value& json, std::int64_t low,
                                      std::int64_t high) {
  // Numbers beyond 64 signed bits are held as unsigned or floating-point ones.
  const auto* number = json.if_int64();
  if (number && *number >= low && *number <= high)
    return *number;
  fail(name, "This must be a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ".");
  return low;
}

} // namespace usher::codec
