#pragma once

#include "domain/facts.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <string>
#include <vector>

/// What a checkout asks of the sections. Every request may be repeated. Each carries the epoch of the checkout's event
/// as `as_of`: a section that has heard of a later one refuses it as `moved`, since that event has checkouts of its
/// own.
namespace usher::messages {

/// Checkout → section: this hold is being paid for. Answered by nothing.
struct start_payment {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
  domain::buyer_id buyer;
  domain::seconds at_least{0}; ///< from now on
  domain::epoch as_of{};
};

template <class Inspector>
bool inspect(Inspector& f, start_payment& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order),
                            f.field("buyer", x.buyer), f.field("at_least", x.at_least), f.field("as_of", x.as_of));
}

/// Checkout → section: the payment ended without a sale. Answered by nothing.
struct stop_payment {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
  domain::epoch as_of{};
};

template <class Inspector>
bool inspect(Inspector& f, stop_payment& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order),
                            f.field("as_of", x.as_of));
}

/// Checkout → section: the money is here. Answered by nothing, or `seat_taken`.
struct sell_seats {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
  domain::buyer_id buyer;
  std::vector<domain::priced_seat> seats;
  domain::epoch as_of{};
};

template <class Inspector>
bool inspect(Inspector& f, sell_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order),
                            f.field("buyer", x.buyer), f.field("seats", x.seats), f.field("as_of", x.as_of));
}

/// Checkout → section: the order is undone. Answered by nothing.
struct take_back_seats {
  trace_id trace;
  domain::order_id order;
  std::vector<domain::seat_no> seats;
  domain::epoch as_of{};
};

template <class Inspector>
bool inspect(Inspector& f, take_back_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("order", x.order), f.field("seats", x.seats),
                            f.field("as_of", x.as_of));
}

enum class payment_step : std::uint8_t { charge, status, refund };

enum class payment_outcome : std::uint8_t { succeeded, declined, unknown, never_asked };

/// Provider → checkout: the outcome of one call. Local only.
struct payment_answered {
  payment_step step = payment_step::charge;
  payment_outcome outcome = payment_outcome::unknown;
  std::string reason; ///< for people; may be empty
};

} // namespace usher::messages
