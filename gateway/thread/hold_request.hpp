#pragma once

#include "codec/wish.hpp"
#include "gateway/thread/answer.hpp"
#include "messages/hold.hpp"

#include <string>

namespace usher::gateway {

/// The request for a hold, the same whichever way it comes: a repeat with the same `key` finds the same hold; one with
/// another wish is a mismatch. Without a key (an empty one) each request is a new hold.
[[nodiscard]] messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                                const domain::buyer_id& buyer, const std::string& key,
                                                const codec::places_wish& wish, codec::resolved_wish&& places);

/// The same request, made so that it can only find the hold that an earlier one got: it asks for more places than
/// anybody may have, which is refused to whoever has none yet. For buyers whose pass has ended.
[[nodiscard]] messages::hold_seats only_to_find(messages::hold_seats request);

/// What the answer to such a request says to its buyer: the hold, why it cannot be told, or, for one that is not there
/// (any more), that they are not admitted.
[[nodiscard]] answer as_found(answer&& what);

} // namespace usher::gateway
