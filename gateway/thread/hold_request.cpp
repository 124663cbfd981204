#include "gateway/thread/hold_request.hpp"

#include "codec/public_names.hpp"
#include "domain/event_settings.hpp"

#include <utility>

namespace usher::gateway {

messages::hold_seats hold_request(messages::trace_id trace, const domain::event_id& event,
                                  const domain::buyer_id& buyer, const std::string& key, const codec::places_wish& wish,
                                  codec::resolved_wish&& places) {
  return {trace,
          event,
          key.empty() ? codec::draw_hold_id() : codec::derive_hold_id(buyer, event, key),
          buyer,
          std::move(places.sections),
          places.best_anywhere,
          codec::wish_digest(wish),
          std::move(places.category)};
}

messages::hold_seats only_to_find(messages::hold_seats request) {
  domain::best_wish too_many;
  too_many.quantity = domain::event_settings::seats_per_buyer_max + 1;
  for (auto& part : request.sections)
    part.wanted = too_many;
  if (request.best_anywhere)
    request.best_anywhere->quantity = too_many.quantity;
  return request;
}

answer as_found(answer&& what) {
  auto* why = std::get_if<domain::refusal>(&what);
  if (why == nullptr)
    return std::move(what);
  switch (why->reason) {
    case domain::rejection::hold_expired:
    case domain::rejection::idempotency_mismatch:
    case domain::rejection::in_progress:
    case domain::rejection::overloaded:
    case domain::rejection::store_unavailable:
      return std::move(what);
    default:
      return domain::refusal{.reason = domain::rejection::not_admitted};
  }
}

} // namespace usher::gateway
