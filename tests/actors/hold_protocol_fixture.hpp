#pragma once

#include "actors/hold_protocol.hpp"
#include "domain/event.hpp"

#include <variant>

namespace usher::tests {

/// How a wish to hold something ends.
using held_or_not = std::variant<messages::hold_granted, domain::refusal>;

/// An event of which a buyer may have four seats.
inline domain::event limited_event() {
  domain::event event;
  domain::event_settings settings;
  settings.max_seats_per_buyer = 4;
  event.apply(domain::event_defined{settings});
  return event;
}

} // namespace usher::tests
