#pragma once

#include "domain/event_settings.hpp"
#include "domain/seating_plan.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Reads seating plans in the format that seats.pretix.eu exports.
namespace usher::codec {

/// Why a file is not a seating plan, and where: a JSON pointer (RFC 6901) for programs, and a sentence for people,
/// which names zone, row and seat as the plan does.
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

/// What in a plan can be sold but may be a mistake, in sentences; a few at most.
[[nodiscard]] std::vector<std::string> warnings_of(const domain::seating_plan& plan);
/// A sentence about the categories that have no price, if there are any.
[[nodiscard]] std::optional<std::string> warning_of_prices(const domain::event_settings& settings,
                                                           const domain::seating_plan& plan);

/// Reads a plan inside other JSON; `at` is the pointer that leads to it.
[[nodiscard]] read_plan_result read_plan(const boost::json::value& json, std::string_view at = {});

} // namespace usher::codec
