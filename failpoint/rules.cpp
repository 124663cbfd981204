#include "failpoint/rules.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace usher::failpoint {
namespace {

[[noreturn]] void refuse(std::string_view rule, const std::string& why) {
  throw std::invalid_argument{"USHER_FAILPOINTS: " + std::string{rule} + ": " + why};
}

/// A number that is all of the text.
template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number result{};
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, result);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return result;
}

/// Takes what follows `sign`, up to the next of `ends`, from the beginning of the text; nothing if it does not begin
/// with the sign.
std::optional<std::string_view> take_after(char sign, std::string_view ends, std::string_view& text) {
  if (!text.starts_with(sign))
    return std::nullopt;
  auto value = text.substr(1, text.find_first_of(ends, 1) - 1);
  text.remove_prefix(1 + value.size());
  return value;
}

action action_of(std::string_view rule, std::string_view name) {
  if (name == "crash")
    return action::crash;
  if (name == "delay")
    return action::delay;
  if (name == "fail")
    return action::fail;
  if (name == "exit")
    return action::exit;
  refuse(rule, "the action must be crash, delay:MS, fail or exit");
}

bool is_possible(action what, const place& here) {
  switch (what) {
    case action::crash:
      return here.may_crash;
    case action::fail:
      return here.may_fail;
    default:
      return true;
  }
}

} // namespace

rules::rules(std::string_view text, std::uint64_t seed) : random_(seed) {
  for (;;) {
    auto comma = text.find(',');
    rules_.push_back(read(text.substr(0, comma)));
    if (comma == std::string_view::npos)
      return;
    text.remove_prefix(comma + 1);
  }
}

rules::rule rules::read(std::string_view text) {
  auto sign = text.find('=');
  if (sign == 0 || sign == std::string_view::npos)
    refuse(text, "a rule is NAME=ACTION[:MS][@PROBABILITY][*TIMES]");
  auto name = text.substr(0, sign);
  auto rest = text.substr(sign); // begins with the sign
  rule result;
  result.is_beginning = name.ends_with('*');
  result.name = name.substr(0, name.size() - (result.is_beginning ? 1 : 0));
  result.outcome.what = action_of(text, *take_after('=', ":@*", rest));
  auto wait = take_after(':', "@*", rest);
  if (wait.has_value() != (result.outcome.what == action::delay))
    refuse(text, "a delay, and nothing else, has milliseconds, as in delay:20");
  if (wait) {
    auto milliseconds = number_in<std::uint32_t>(*wait);
    if (!milliseconds)
      refuse(text, "the delay must be a number of milliseconds");
    result.outcome.wait = std::chrono::milliseconds{*milliseconds};
  }
  if (auto given = take_after('@', "*", rest)) {
    auto probability = number_in<double>(*given);
    if (!probability || !(*probability > 0 && *probability <= 1))
      refuse(text, "the probability must be above 0 and at most 1");
    result.probability = *probability;
  }
  if (auto given = take_after('*', "", rest)) {
    auto times = number_in<std::uint64_t>(*given);
    if (!times || *times == 0)
      refuse(text, "the number of times must be at least 1");
    result.times_left = *times;
  }
  auto is_named = [&](const place& here) { return result.names(here); };
  if (std::none_of(all_places.begin(), all_places.end(), is_named))
    refuse(text, "there is no such failpoint; failpoint/failpoint.hpp has the list");
  auto is_served = [&](const place& here) { return result.names(here) && is_possible(result.outcome.what, here); };
  if (std::none_of(all_places.begin(), all_places.end(), is_served))
    refuse(text, "that action is not possible there");
  return result;
}

bool rules::rule::names(const place& here) const {
  return is_beginning ? here.name.starts_with(name) : here.name == name;
}

verdict rules::at(const place& here) {
  std::lock_guard lock{guard_};
  for (auto& one : rules_) {
    if (one.times_left == 0 || !one.names(here) || !is_possible(one.outcome.what, here))
      continue;
    if (!std::bernoulli_distribution{one.probability}(random_))
      continue;
    --one.times_left;
    return one.outcome;
  }
  return {};
}

std::uint64_t seed_of(std::string_view text) {
  if (auto seed = number_in<std::uint64_t>(text))
    return *seed;
  throw std::invalid_argument{"USHER_FAILPOINTS_SEED: must be a number"};
}

std::uint64_t seed_by_chance() {
  std::random_device device;
  return device();
}

} // namespace usher::failpoint
