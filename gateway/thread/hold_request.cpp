#include "gateway/thread/hold_request.hpp"

#include "codec/public_names.hpp"

#include <utility>

namespace usher::gateway {

messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                  const domain::buyer_id& buyer, const std::string& key, const codec::places_wish& wish,
                                  codec::resolved_wish&& places, bool admitted) {
  return {trace,
          event,
          key.empty() ? codec::draw_hold_id() : codec::derive_hold_id(buyer, event, key),
          buyer,
          std::move(places.sections),
          places.best_anywhere,
          codec::wish_digest(wish),
          std::move(places.category),
          admitted};
}

} // namespace usher::gateway
