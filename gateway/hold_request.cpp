#include "gateway/hold_request.hpp"

#include "gateway/public_names.hpp"

#include <utility>

namespace usher::gateway {

messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                  const domain::buyer_id& buyer, const std::string& key, const places_wish& wish,
                                  resolved_wish&& places) {
  return {trace,
          event,
          key.empty() ? draw_hold_id() : derive_hold_id(buyer, event, key),
          buyer,
          std::move(places.sections),
          places.best_anywhere,
          wish_digest(wish),
          std::move(places.category)};
}

} // namespace usher::gateway
