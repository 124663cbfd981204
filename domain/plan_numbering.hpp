#pragma once

#include "domain/decision.hpp"
#include "domain/instant.hpp"
#include "domain/place_standing.hpp"
#include "domain/seating_plan.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What makes a plan replaceable in the middle of a sale: numbers of sections and places outlive the plan that they
/// were given for (see `place_numbers`).
namespace usher::domain {

/// What the numbers of one section mean, for ever.
struct section_numbering {
  std::string id;
  /// By number: the seat's guid; empty for a place of general admission.
  std::vector<std::string> guids;
  /// General admission: the numbers of the places that there are now, ascending.
  std::vector<seat_no> open;

  friend bool operator==(const section_numbering&, const section_numbering&) = default;
};

/// What all numbers of an event mean; nothing stands here while they follow from the plan alone.
struct plan_numbering {
  std::vector<section_numbering> sections; ///< by number, with those that only earlier plans had

  [[nodiscard]] bool empty() const noexcept { return sections.empty(); }
  friend bool operator==(const plan_numbering&, const plan_numbering&) = default;
};

/// How the places of one section stand, by number.
using section_standing = std::vector<place_standing>;

/// So many places, with those that are gone, may have a number in one event.
inline constexpr std::size_t numbers_max = 1'000'000;
/// So many seats a refused plan names.
inline constexpr std::size_t named_seats_max = 100;

/// A plan as it was read, with the numbers that its places have. Null when the numbering was not made for this plan.
[[nodiscard]] shared_plan with_numbers(shared_plan read, const plan_numbering& numbering);

/// The numbering under which `next`, a plan as it was read, may follow `now` at the moment `at`. `standings` says how
/// the places of each section of `now` stand.
///
/// Places keep their numbers as long as they stay in their section; one that comes back gets its old number again. A
/// plan in whose way a seat stands is refused (`plan_in_use`): one that is held or sold must stay in its section, one
/// that is blocked may be dropped, but not moved to another section, where it would be free. A floor loses free places
/// first, then blocked ones.
[[nodiscard]] std::variant<plan_numbering, refusal> renumber(const seating_plan& now, const seating_plan& next,
                                                             std::span<const section_standing> standings, instant at);

} // namespace usher::domain
