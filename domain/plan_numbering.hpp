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

/// What makes a plan replaceable in the middle of a sale: the numbers of sections and places outlive the plan for which
/// they were given (see `plan_order`).
namespace usher::domain {

/// What the numbers of one section mean, for ever.
struct section_numbering {
  std::string id;
  /// By number: the seat's guid; empty for a place of general admission.
  std::vector<std::string> guids;
  /// General admission: the numbers of the places there are now, ascending.
  std::vector<seat_no> open;

  friend bool operator==(const section_numbering&, const section_numbering&) = default;
};

/// What all numbers of an event mean; empty while that follows from the plan alone.
struct plan_numbering {
  std::vector<section_numbering> sections; ///< by number, including those that only earlier plans had

  [[nodiscard]] bool empty() const noexcept { return sections.empty(); }
  friend bool operator==(const plan_numbering&, const plan_numbering&) = default;
};

/// The state of each place of one section, by number.
using section_standing = std::vector<place_standing>;

/// How many places of one event may have a number, including those that are gone.
inline constexpr std::size_t numbers_max = 1'000'000;
/// How many seats a plan's refusal names at most.
inline constexpr std::size_t named_seats_max = 100;

/// A plan as it was read, with its places' numbers added. Null when the numbering was not made for this plan.
[[nodiscard]] shared_plan with_numbers(shared_plan read, const plan_numbering& numbering);

/// The numbering under which `next`, a plan as it was read, may follow `now` at the moment `at`. `standings` has the
/// state of each place of each section of `now`.
///
/// Places keep their numbers as long as they stay in their section; one that comes back gets its old number again. A
/// section is the same as before when it has the id that it had, or, where that id was made from a name, when it has
/// the seats that it had. The plan is refused (`plan_in_use`) when seats stand in its way: one that is held or sold
/// must stay in its section; one that is blocked may be dropped, but not moved to another section, where it would be
/// free. A floor loses free places first, then blocked ones.
[[nodiscard]] std::variant<plan_numbering, refusal> renumber(const seating_plan& now, const seating_plan& next,
                                                             std::span<const section_standing> standings, instant at);

} // namespace usher::domain
