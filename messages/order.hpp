#pragma once

#include "domain/facts.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <string>
#include <vector>

/// Orders: requests beside their replies.
namespace usher::messages {

/// Buyer → event: pay for a hold. Answered by `order_view` as soon as the order is written down.
struct start_order {
  trace_id trace;
  domain::event_id event;
  domain::order_id order; ///< derived from buyer and idempotency key
  domain::hold_id hold;
  domain::buyer_id buyer;
  std::vector<domain::section_no> sections; ///< where the hold is
  std::string method;
  std::string key;
  std::uint64_t request_digest = 0;
};

template <class Inspector>
bool inspect(Inspector& f, start_order& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("order", x.order),
                            f.field("hold", x.hold), f.field("buyer", x.buyer), f.field("sections", x.sections),
                            f.field("method", x.method), f.field("key", x.key),
                            f.field("request_digest", x.request_digest));
}

struct find_order {
  trace_id trace;
  domain::event_id event;
  domain::order_id order;
  domain::buyer_id buyer;
};

template <class Inspector>
bool inspect(Inspector& f, find_order& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("order", x.order),
                            f.field("buyer", x.buyer));
}

struct cancel_order {
  trace_id trace;
  domain::event_id event;
  domain::order_id order;
  domain::buyer_id buyer;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_order& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("order", x.order),
                            f.field("buyer", x.buyer));
}

/// What is known of an order.
struct order_view {
  domain::event_id event;
  domain::order_id order;
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::order_state state = domain::order_state::started;
  domain::minor_units total = 0;
  std::vector<domain::ordered_seat> seats;
  std::string reason;            ///< why it failed, for the buyer; may be empty
  domain::instant at;            ///< when it was begun
  bool cancel_requested = false; ///< its buyer cancelled it before it was confirmed
};

template <class Inspector>
bool inspect(Inspector& f, order_view& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("order", x.order), f.field("hold", x.hold),
                            f.field("buyer", x.buyer), f.field("state", x.state), f.field("total", x.total),
                            f.field("seats", x.seats), f.field("reason", x.reason), f.field("at", x.at),
                            f.field("cancel_requested", x.cancel_requested));
}

/// Checkout → event: one step of the saga. Answered by nothing once it is written down.
struct advance_order {
  trace_id trace;
  domain::order_id order;
  domain::order_state state = domain::order_state::started;
  std::string reason;
};

template <class Inspector>
bool inspect(Inspector& f, advance_order& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("order", x.order), f.field("state", x.state),
                            f.field("reason", x.reason));
}

/// Event → checkout: the buyer cancels.
struct cancel_requested {
  trace_id trace;
  domain::order_id order;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_requested& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("order", x.order));
}

/// Event → gateways: an order's state changed.
struct order_changed {
  order_view order;
};

template <class Inspector>
bool inspect(Inspector& f, order_changed& x) {
  return f.object(x).fields(f.field("order", x.order));
}

} // namespace usher::messages
