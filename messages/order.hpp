#pragma once

#include "domain/order.hpp"
#include "domain/seating_plan.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <cstdint>
#include <optional>
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
  domain::instant since{};       ///< when it came to its state
  bool cancel_requested = false; ///< it is not wanted any more, since before it was confirmed
  bool was_paid = false;         ///< money came for it, which may have gone back since
};

template <class Inspector>
bool inspect(Inspector& f, order_view& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("order", x.order), f.field("hold", x.hold),
                            f.field("buyer", x.buyer), f.field("state", x.state), f.field("total", x.total),
                            f.field("seats", x.seats), f.field("reason", x.reason), f.field("at", x.at),
                            f.field("since", x.since), f.field("cancel_requested", x.cancel_requested),
                            f.field("was_paid", x.was_paid));
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

/// Event → checkout: the buyer cancels, or an operator has given the order up.
struct cancel_requested {
  trace_id trace;
  domain::order_id order;
  bool given_up = false;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_requested& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("order", x.order), f.field("given_up", x.given_up));
}

/// Operator → event: the orders to which all that is said applies, by ascending id. Answered by `order_list`. Costs a
/// look at each of the event's orders, unless it names one.
struct list_orders {
  static constexpr std::uint32_t most = 1'000;

  trace_id trace;
  domain::event_id event;
  std::optional<domain::order_id> order;
  std::optional<domain::buyer_id> buyer;
  std::optional<domain::seat_place> seat; ///< of those that had it as well
  domain::order_selection state = domain::order_selection::all;
  std::optional<domain::order_id> after; ///< where to go on
  std::uint32_t limit = 100;             ///< 1 to `most`
};

template <class Inspector>
bool inspect(Inspector& f, list_orders& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("order", x.order),
                            f.field("buyer", x.buyer), f.field("seat", x.seat), f.field("state", x.state),
                            f.field("after", x.after), f.field("limit", x.limit));
}

struct order_list {
  domain::event_id event;
  std::vector<order_view> orders;
  bool more = false; ///< others follow after the last of these
};

template <class Inspector>
bool inspect(Inspector& f, order_list& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("orders", x.orders), f.field("more", x.more));
}

/// Operator → event: undo an order, whoever's it is; see `domain::event::refund_order`. Answered by `order_view`.
struct refund_order {
  trace_id trace;
  domain::event_id event;
  domain::order_id order;
};

template <class Inspector>
bool inspect(Inspector& f, refund_order& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("order", x.order));
}

/// Operator → event: undo the confirmed orders of a closed event, as many as can be begun now. Answered by
/// `refund_progress`; repeated until nothing is left.
struct refund_orders {
  trace_id trace;
  domain::event_id event;
};

template <class Inspector>
bool inspect(Inspector& f, refund_orders& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event));
}

struct refund_progress {
  domain::event_id event;
  std::uint64_t begun = 0; ///< by this request
  std::uint64_t left = 0;  ///< confirmed orders that still stand
  std::uint64_t open = 0;  ///< orders whose money or seats are on their way back, or that have not ended otherwise
};

template <class Inspector>
bool inspect(Inspector& f, refund_progress& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("begun", x.begun), f.field("left", x.left),
                            f.field("open", x.open));
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
