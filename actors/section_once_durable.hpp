#pragma once

#include "actors/durable_view.hpp"
#include "domain/facts.hpp"
#include "messages/hold.hpp"

#include <caf/response_promise.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace usher::actors {

/// Whose hold ended, and why.
struct end_of_hold {
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::hold_end why = domain::hold_end::released;
};

/// What to show and tell, besides a granted hold.
struct section_change {
  seats_look look;
  std::optional<end_of_hold> end = std::nullopt;
};

/// What follows when a section's fact is durable. Small, since every fact on its way to the journal carries one.
struct section_once_durable {
  enum class answer : std::uint8_t {
    none,
    done,          ///< an empty answer
    granted,       ///< the hold that this fact made, which is also shown
    granted_again, ///< a hold that was there before
  };

  answer reply = answer::none;
  caf::response_promise asker;
  domain::hold_id hold;        ///< the hold that the reply is about
  messages::attempt attempt{}; ///< the attempt at that hold
  std::unique_ptr<section_change> change = nullptr;
};

/// How seats look after a fact that names them.
[[nodiscard]] seats_look look_after(const domain::payment_started& fact);
[[nodiscard]] seats_look look_after(const domain::payment_stopped& fact);
[[nodiscard]] seats_look look_after(const domain::seats_sold& fact);
[[nodiscard]] seats_look look_after(const domain::seats_returned& fact);
[[nodiscard]] seats_look look_after(const domain::seats_blocked& fact);
[[nodiscard]] seats_look look_after(const domain::seats_unblocked& fact);

} // namespace usher::actors
