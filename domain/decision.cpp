#include "domain/decision.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <array>

namespace usher::domain {
namespace {

struct description {
  rejection reason;
  std::string_view sentence;
};

constexpr auto descriptions = std::to_array<description>({
    {rejection::bad_request, "The request is not one that Usher understands."},
    {rejection::unauthorized, "A valid token is needed for this."},
    {rejection::payment_declined, "The payment was declined; the seats are still held."},
    {rejection::not_admitted, "You have not been admitted from the waiting room."},
    {rejection::not_found, "Not found."},
    {rejection::seat_taken, "Somebody else was faster with at least one of these seats."},
    {rejection::limit_exceeded, "That is more than one buyer may take in this event."},
    {rejection::sold_out, "There is not enough left to fulfil this wish."},
    {rejection::in_progress, "The same request, or a payment for this hold, is still being worked on."},
    {rejection::hold_expired, "The hold has ended: its time was over, it was given back, or it was paid for."},
    {rejection::payload_too_large, "The request is larger than allowed."},
    {rejection::idempotency_mismatch, "This key was used before with another request."},
    {rejection::would_orphan, "This choice would leave a single seat alone."},
    {rejection::sale_not_open, "The sale is not open."},
    {rejection::sale_paused, "The sale is paused."},
    {rejection::rate_limited, "Too many requests; please slow down."},
    {rejection::overloaded, "Too much is going on right now; please try again."},
    {rejection::store_unavailable, "Bookings cannot be saved at the moment. Please try again."},
    {rejection::plan_in_use, "Seats are taken that the new plan drops or moves to another section."},
    {rejection::not_for_sale, "These seats have no price, so they are not for sale."},
    {rejection::cancellation_closed, "Orders of this event can no longer be cancelled."},
    {rejection::outcome_unknown, "No answer came, so whether it was done is unknown."},
    {rejection::moved, "Another actor has taken over from the one that asked, or from the one that was asked."},
});

} // namespace

bool is_passing(rejection reason) {
  return reason == rejection::store_unavailable || reason == rejection::overloaded || is_internal(reason);
}

bool is_internal(rejection reason) {
  return reason == rejection::outcome_unknown || reason == rejection::moved;
}

std::string_view sentence(rejection reason) {
  auto found = std::find_if(descriptions.begin(), descriptions.end(),
                            [reason](const description& x) { return x.reason == reason; });
  ensure(found != descriptions.end(), "every rejection is described");
  return found->sentence;
}

} // namespace usher::domain
