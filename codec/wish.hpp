#pragma once

#include "codec/problem.hpp"
#include "domain/seating_plan.hpp"
#include "domain/section.hpp"
#include "messages/hold.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a buyer wishes for, in the buyer's words and in Usher's.
namespace usher::codec {

/// `{seats: ["guid", …]}`: these seats.
struct named_seats {
  std::vector<std::string> guids;

  friend bool operator==(const named_seats&, const named_seats&) = default;
};

/// `{section, quantity}`: a number of places in a general-admission section.
struct places_in_section {
  std::string section;
  std::uint32_t quantity = 1;

  friend bool operator==(const places_in_section&, const places_in_section&) = default;
};

/// `{best: {quantity, category?, section?}}`: the best free places.
struct best_places {
  std::uint32_t quantity = 1;
  std::optional<std::string> category;
  std::optional<std::string> section;

  friend bool operator==(const best_places&, const best_places&) = default;
};

using places_wish = std::variant<named_seats, places_in_section, best_places>;

/// The same wish by numbers: exactly one of the first two is set.
struct resolved_wish {
  std::vector<messages::section_wish> sections; ///< ascending
  std::optional<domain::best_wish> best_anywhere;
  std::string category{}; ///< of the best places; empty: any
};

/// Looks names up in the plan. Unknown seats, sections and categories are `not_found`; a seat that is named twice or is
/// on a general-admission floor, and a quantity in a seated section, are `bad_request`. Pointers start at the request's
/// body.
[[nodiscard]] std::variant<resolved_wish, problem> resolve(const places_wish& wish, const domain::seating_plan& plan);

/// The one section that the wish is about, for the seat numbers of a refusal; nothing when there are several.
[[nodiscard]] std::optional<domain::section_no> only_section(const resolved_wish& wish);

/// Equal wishes have equal digests; the order in which seats are named does not matter.
[[nodiscard]] std::uint64_t wish_digest(const places_wish& wish);

} // namespace usher::codec
