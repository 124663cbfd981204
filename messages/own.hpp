#pragma once

#include "messages/hold.hpp"
#include "messages/order.hpp"

#include <cstddef>
#include <vector>

/// What one buyer has at an event: the request beside its reply.
namespace usher::messages {

/// Buyer → event: what is mine? Answered by `own_list`. Costs a question to each section where the buyer holds seats.
struct list_own {
  static constexpr std::size_t most = 100; ///< so many holds and so many orders are in an answer

  trace_id trace;
  domain::event_id event;
  domain::buyer_id buyer;
};

template <class Inspector>
bool inspect(Inspector& f, list_own& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("buyer", x.buyer));
}

/// A hold of which nobody could say just now whether it still is.
struct unread_hold {
  domain::hold_id hold;
  std::vector<domain::section_no> sections;
};

template <class Inspector>
bool inspect(Inspector& f, unread_hold& x) {
  return f.object(x).fields(f.field("hold", x.hold), f.field("sections", x.sections));
}

struct own_list {
  domain::event_id event;
  std::vector<hold_granted> holds;          ///< that are neither over nor bought, by id
  std::vector<order_view> orders;           ///< as far as they are durable, the newest first
  std::vector<unread_hold> unread{};        ///< holds that may be missing above, by id
  std::vector<domain::section_no> silent{}; ///< sections that have not said yet what anybody holds there
  bool more = false;                        ///< there are more than `list_own::most` of the holds or of the orders
};

template <class Inspector>
bool inspect(Inspector& f, own_list& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("holds", x.holds), f.field("orders", x.orders),
                            f.field("unread", x.unread), f.field("silent", x.silent), f.field("more", x.more));
}

} // namespace usher::messages
