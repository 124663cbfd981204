#pragma once

#include "domain/instant.hpp"
#include "domain/seat_state.hpp"

namespace usher::domain {

/// The state of one place, for whoever wants to change the plan.
struct place_standing {
  seat_state state = seat_state::free;
  instant until; ///< while held or paying

  friend bool operator==(const place_standing&, const place_standing&) = default;
};

} // namespace usher::domain
