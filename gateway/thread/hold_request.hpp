#pragma once

#include "codec/wish.hpp"
#include "messages/hold.hpp"

#include <string>

namespace usher::gateway {

/// The request for a hold, the same whichever way it comes: a repeat with the same `key` finds the same hold; one with
/// another wish is a mismatch. Without a key (an empty one) each request is a new hold. Buyers who are not `admitted`
/// any more get nothing but the answer to a repeat.
[[nodiscard]] messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                                const domain::buyer_id& buyer, const std::string& key,
                                                const codec::places_wish& wish, codec::resolved_wish&& places,
                                                bool admitted);

} // namespace usher::gateway
