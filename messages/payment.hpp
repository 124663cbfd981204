#pragma once

#include "domain/facts.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <string>
#include <vector>

/// What a checkout asks of the sections. Every request may be repeated.
namespace usher::messages {

/// Checkout → section: this hold is being paid for. Answered by nothing.
struct start_payment {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
  domain::buyer_id buyer;
  domain::seconds at_least{0}; ///< from now on
};

template <class Inspector>
bool inspect(Inspector& f, start_payment& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order),
                            f.field("buyer", x.buyer), f.field("at_least", x.at_least));
}

/// Checkout → section: the payment ended without a sale. Answered by nothing.
struct stop_payment {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
};

template <class Inspector>
bool inspect(Inspector& f, stop_payment& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order));
}

/// Checkout → section: the money is here. Answered by nothing, or `seat_taken`.
struct sell_seats {
  trace_id trace;
  domain::hold_id hold;
  domain::order_id order;
  domain::buyer_id buyer;
  std::vector<domain::priced_seat> seats;
};

template <class Inspector>
bool inspect(Inspector& f, sell_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("order", x.order),
                            f.field("buyer", x.buyer), f.field("seats", x.seats));
}

/// Checkout → section: the order is undone. Answered by nothing.
struct take_back_seats {
  trace_id trace;
  domain::order_id order;
  std::vector<domain::seat_no> seats;
};

template <class Inspector>
bool inspect(Inspector& f, take_back_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("order", x.order), f.field("seats", x.seats));
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
