#include "gateway/thread/hold_request.hpp"

#include "codec/public_names.hpp"

#include <utility>

namespace usher::gateway {

messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                  const domain::buyer_id& buyer, const std::string& key, const codec::places_wish& wish,
                                  codec::resolved_wish&& places, bool admitted) {
  decltype(messages::hold_seats::wanted) wanted = std::move(places.sections);
  if (places.best_anywhere)
    wanted = *places.best_anywhere;
  return {trace,
          event,
          key.empty() ? codec::draw_hold_id() : codec::derive_hold_id(buyer, event, key),
          buyer,
          std::move(wanted),
          codec::wish_digest(wish),
          std::move(places.category),
          admitted};
}

} // namespace usher::gateway
