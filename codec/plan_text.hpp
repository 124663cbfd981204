#pragma once

#include "domain/seating_plan.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

/// Reads seating plans in the format that seats.pretix.eu exports.
namespace usher::codec {

/// Why a file is not a seating plan, and where: a JSON pointer (RFC 6901) and a sentence.
struct plan_fault {
  std::string pointer;
  std::string sentence;

  friend bool operator==(const plan_fault&, const plan_fault&) = default;
};

/// The largest plan that is read.
inline constexpr std::size_t plan_seats_max = 200'000;
inline constexpr std::size_t plan_sections_max = 65'535;
inline constexpr std::size_t plan_categories_max = 1'000;
inline constexpr std::size_t plan_bytes_max = 64 * 1024 * 1024;

using read_plan_result = std::variant<domain::shared_plan, plan_fault>;

/// Reads a whole file's text.
[[nodiscard]] read_plan_result parse_plan(std::string_view text);

/// Reads a plan inside other JSON; `at` is the pointer that leads to it.
[[nodiscard]] read_plan_result read_plan(const boost::json::value& json, std::string_view at = {});

} // namespace usher::codec
