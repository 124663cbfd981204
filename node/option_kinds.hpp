#pragma once

#include "node/endpoint.hpp"
#include "node/option_table.hpp"

#include <caf/config_value.hpp>
#include <caf/timespan.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The kinds of option that `option_table.cpp` is made of. In each, `Get` returns the option's field of a `settings&`
/// or `const settings&`.
namespace usher::node {

/// What an option is called and does.
struct description {
  std::string name;
  std::string sentence;
  std::string unit = {};
};

[[nodiscard]] std::string quoted(const std::string& text);
[[nodiscard]] std::string to_text(double number);
[[nodiscard]] std::string to_text(std::chrono::milliseconds time);
[[nodiscard]] inline const std::string& to_text(const std::string& text) {
  return text;
}
[[nodiscard]] std::string to_text(const std::optional<std::filesystem::path>& path);
/// Numbers are decimal, whatever C and CAF make of a leading 0: the text with its numbers' leading zeros removed, so
/// that `010s` means ten seconds. Texts in quotes and comments (from `#` to the line's end) stay as they are. Throws
/// `std::invalid_argument`, which names the number, for `0x` and `0b`.
[[nodiscard]] std::string with_decimal_numbers(std::string_view text);
/// The whole number that a value is or spells; nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> to_number(const caf::config_value& value);

/// The duration that a value is or spells; nothing for anything else.
[[nodiscard]] std::optional<caf::timespan> to_timespan(const caf::config_value& value);

/// A whole number within bounds.
template <class Get>
option number(description what, Get get, std::int64_t least, std::int64_t most) {
  using field = std::remove_cvref_t<std::invoke_result_t<Get, settings&>>;
  auto bounds = std::to_string(least) + " to " + std::to_string(most);
  auto show = [get](const settings& from) { return std::to_string(get(from)); };
  auto set = [get, least, most](settings& into, const caf::config_value& value) {
    auto wanted = to_number(value);
    if (!wanted || *wanted < least || *wanted > most)
      return false;
    get(into) = static_cast<field>(*wanted);
    return true;
  };
  return {what.name, what.sentence, what.unit, bounds, false, show, set};
}

/// A duration within bounds, in whole units of its field's type; written as in CAF, e.g. `20ms`, `10s` or `2min`.
template <class Get>
option duration(description what, Get get, std::chrono::milliseconds least, std::chrono::milliseconds most) {
  using field = std::remove_cvref_t<std::invoke_result_t<Get, settings&>>;
  auto show = [get](const settings& from) { return to_text(std::chrono::milliseconds{get(from)}); };
  auto set = [get, least, most](settings& into, const caf::config_value& value) {
    auto wanted = to_timespan(value);
    if (!wanted || *wanted < least || *wanted > most || *wanted % field{1} != caf::timespan{0})
      return false;
    get(into) = std::chrono::duration_cast<field>(*wanted);
    return true;
  };
  auto steps = std::is_same_v<field, std::chrono::milliseconds> ? " in whole milliseconds" : " in whole seconds";
  return {what.name, what.sentence, what.unit, to_text(least) + " to " + to_text(most) + steps, false, show, set};
}

/// Any number within bounds.
template <class Get>
option real_number(description what, Get get, double least, double most) {
  auto show = [get](const settings& from) { return to_text(get(from)); };
  auto set = [get, least, most](settings& into, const caf::config_value& value) {
    auto wanted = caf::get_as<double>(value);
    if (!wanted || !(*wanted >= least && *wanted <= most))
      return false;
    get(into) = *wanted;
    return true;
  };
  return {what.name, what.sentence, what.unit, to_text(least) + " to " + to_text(most), false, show, set};
}

/// A share, from none to all.
template <class Get>
option share(description what, Get get) {
  return real_number(std::move(what), get, 0, 1);
}

/// Yes or no. `Get` returns a `bool&`, or a `std::optional<bool>&` whose default `unset` describes.
template <class Get>
option yes_or_no(description what, Get get, std::string unset = {}) {
  auto show = [get, unset](const settings& from) -> std::string {
    std::optional<bool> value = get(from);
    return value ? (*value ? "true" : "false") : unset;
  };
  auto set = [get](settings& into, const caf::config_value& value) {
    auto wanted = caf::get_as<bool>(value);
    if (!wanted)
      return false;
    get(into) = *wanted;
    return true;
  };
  return {what.name, what.sentence, what.unit, "true or false", false, show, set};
}

using text_rule = bool (*)(const std::string&);

/// Text that `allowed` accepts; `bounds` says in words what that is.
template <class Get>
option text(description what, Get get, std::string bounds, text_rule allowed, bool secret = false) {
  auto show = [get](const settings& from) { return quoted(to_text(get(from))); };
  auto set = [get, allowed](settings& into, const caf::config_value& value) {
    auto wanted = caf::get_if<std::string>(&value);
    if (!wanted || !allowed(*wanted))
      return false;
    get(into) = *wanted;
    return true;
  };
  return {what.name, what.sentence, what.unit, bounds, secret, show, set};
}

/// Where to listen.
template <class Get>
option address(description what, Get get) {
  auto show = [get](const settings& from) { return quoted(to_string(get(from))); };
  auto set = [get](settings& into, const caf::config_value& value) {
    auto wanted = caf::get_if<std::string>(&value);
    auto place = wanted ? parse_endpoint(*wanted) : std::nullopt;
    if (!place)
      return false;
    get(into) = *place;
    return true;
  };
  return {what.name, what.sentence, what.unit, "HOST:PORT, or [HOST]:PORT for IPv6; port 0 takes a free one",
          false,     show,          set};
}

/// A list of texts, each of which `allowed` accepts.
template <class Get>
option texts(description what, Get get, std::string bounds, text_rule allowed) {
  auto show = [get](const settings& from) {
    std::string result;
    for (auto& one : get(from))
      result += (result.empty() ? "" : ", ") + quoted(one);
    return "[" + result + "]";
  };
  auto set = [get, allowed](settings& into, const caf::config_value& value) {
    auto wanted = caf::get_as<std::vector<std::string>>(value);
    if (!wanted || !std::ranges::all_of(*wanted, allowed))
      return false;
    get(into) = std::move(*wanted);
    return true;
  };
  return {what.name, what.sentence, what.unit, bounds, false, show, set};
}

} // namespace usher::node
