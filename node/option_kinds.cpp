#include "node/option_kinds.hpp"

#include <charconv>
#include <sstream>

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

} // namespace usher::node
