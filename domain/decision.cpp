#include "domain/decision.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <array>

namespace usher::domain {
namespace {

struct description {
  rejection reason;
  std::string_view slug;
  int http_status;
  std::string_view sentence;
};

constexpr auto descriptions = std::to_array<description>({
    {rejection::bad_request, "bad-request", 400, "The request is not one that Usher understands."},
    {rejection::unauthorized, "unauthorized", 401, "A valid token is needed for this."},
    {rejection::payment_declined, "payment-declined", 402, "The payment was declined; the seats are still held."},
    {rejection::not_admitted, "not-admitted", 403, "You have not been admitted from the waiting room."},
    {rejection::not_found, "not-found", 404, "There is nothing here by that name."},
    {rejection::seat_taken, "seat-taken", 409, "Somebody else was faster with at least one of these seats."},
    {rejection::limit_exceeded, "limit-exceeded", 409, "That is more than one buyer may take in this event."},
    {rejection::sold_out, "sold-out", 409, "There is not enough left to fulfil this wish."},
    {rejection::in_progress, "in-progress", 409,
     "The same request, or a payment for this hold, is still being worked on."},
    {rejection::hold_expired, "hold-expired", 410,
     "The hold has ended: its time was over, it was given back, or it was paid for."},
    {rejection::payload_too_large, "payload-too-large", 413, "The request is larger than allowed."},
    {rejection::idempotency_mismatch, "idempotency-mismatch", 422, "This key was used before with another request."},
    {rejection::would_orphan, "would-orphan", 409, "This choice would leave a single seat alone."},
    {rejection::sale_not_open, "sale-not-open", 423, "The sale is not open."},
    {rejection::sale_paused, "sale-paused", 423, "The sale is paused."},
    {rejection::rate_limited, "rate-limited", 429, "Too many requests; please slow down."},
    {rejection::overloaded, "overloaded", 503, "Too much is going on right now; please try again."},
    {rejection::store_unavailable, "store-unavailable", 503,
     "Nothing can be written down right now; please try again."},
    {rejection::plan_in_use, "plan-in-use", 409,
     "Seats are taken that the new plan drops or moves to another section."},
});

const description& describe(rejection reason) {
  auto found = std::find_if(descriptions.begin(), descriptions.end(),
                            [reason](const description& x) { return x.reason == reason; });
  ensure(found != descriptions.end(), "every rejection is described");
  return *found;
}

} // namespace

std::string_view slug(rejection reason) {
  return describe(reason).slug;
}

int http_status(rejection reason) {
  return describe(reason).http_status;
}

bool is_passing(rejection reason) {
  return reason == rejection::store_unavailable || reason == rejection::overloaded;
}

std::string_view sentence(rejection reason) {
  return describe(reason).sentence;
}

} // namespace usher::domain
