#pragma once

#include "actors/event_common.hpp"
#include "actors/event_holds.hpp"
#include "actors/event_orders.hpp"

namespace usher::actors {

/// What a buyer holds and has ordered. The orders are the event's to say; whether a hold still is, its sections are
/// asked, and what none of them says just now is named as such.
[[nodiscard]] caf::result<messages::own_list> list_own(event_common& core, const event_holds& holds,
                                                       const event_orders& orders, const messages::list_own& wish);

} // namespace usher::actors
