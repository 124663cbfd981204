#pragma once

#include "actors/shown_seats.hpp"
#include "domain/facts.hpp"

#include <caf/response_promise.hpp>

#include <cstdint>
#include <optional>

namespace usher::actors {

/// Whose hold ended, and why.
struct end_of_hold {
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::hold_end why = domain::hold_end::released;
  bool whole = true; ///< see `messages::allowance_back`
};

/// What follows when a section's fact is durable.
struct section_consequence {
  enum class answer : std::uint8_t {
    none,
    done,          ///< with nothing
    granted,       ///< with the hold that this fact made
    granted_again, ///< with a hold that was there before
  };

  answer reply = answer::none;
  caf::response_promise asker;
  domain::hold_id hold;                          ///< that the answer is about
  seats_look look;                               ///< what there is to show
  bool spread = false;                           ///< other sections may have parts of the hold
  std::optional<end_of_hold> end = std::nullopt; ///< what there is to tell
};

/// How seats look after a fact that names them.
[[nodiscard]] seats_look look_after(const domain::payment_started& fact);
[[nodiscard]] seats_look look_after(const domain::payment_stopped& fact);
[[nodiscard]] seats_look look_after(const domain::seats_sold& fact);
[[nodiscard]] seats_look look_after(const domain::seats_returned& fact);
[[nodiscard]] seats_look look_after(const domain::seats_blocked& fact);
[[nodiscard]] seats_look look_after(const domain::seats_unblocked& fact);

} // namespace usher::actors
