#include "node/option_kinds.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <sstream>
#include <stdexcept>

namespace usher::node {

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string to_text(double number) {
  std::ostringstream text;
  text.precision(10);
  text << number;
  return text.str();
}

std::string to_text(std::chrono::milliseconds time) {
  auto whole_seconds = time % std::chrono::seconds{1} == time.zero();
  return whole_seconds ? std::to_string(time / std::chrono::seconds{1}) + "s" : std::to_string(time.count()) + "ms";
}

std::string to_text(const std::optional<std::filesystem::path>& path) {
  return path ? path->string() : std::string{};
}

std::string with_decimal_numbers(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto is_word = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  };
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at + 1;
    if (text[at] == '#') {
      end = std::min(text.find('\n', at), text.size());
    } else if (text[at] == '"' || text[at] == '\'') {
      while (end < text.size() && text[end] != text[at])
        end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    } else if (is_word(text[at])) {
      end = static_cast<std::size_t>(
          std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_word) - text.begin());
      auto word = text.substr(at, end - at);
      if (word.size() > 1 && word[0] == '0' && std::string_view{"xXbB"}.find(word[1]) != std::string_view::npos)
        throw std::invalid_argument{std::string{word} + ": numbers are decimal"};
      while (word.size() > 1 && word[0] == '0' && is_digit(word[1])) {
        word.remove_prefix(1);
        ++at;
      }
    }
    result += text.substr(at, end - at);
    at = end;
  }
  return result;
}

std::optional<std::int64_t> to_number(const caf::config_value& value) {
  if (auto number = caf::get_if<std::int64_t>(&value))
    return *number;
  auto text = caf::get_if<std::string>(&value);
  if (!text)
    return std::nullopt;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size())
    return std::nullopt;
  return number;
}

std::optional<caf::timespan> to_timespan(const caf::config_value& value) {
  auto given = value;
  if (auto text = caf::get_if<std::string>(&value)) {
    try {
      given = caf::config_value{with_decimal_numbers(*text)};
    } catch (const std::invalid_argument&) {
      return std::nullopt;
    }
  }
  auto wanted = caf::get_as<caf::timespan>(given);
  return wanted ? std::optional{*wanted} : std::nullopt;
}

} // namespace usher::node
