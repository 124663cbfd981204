#pragma once

#include "domain/decision.hpp"
#include "messages/gateway.hpp"

#include <cstdint>
#include <variant>
#include <vector>

/// What comes back from the rest of Usher to a thread of sessions.
namespace usher::gateway {

/// The request was carried out; there is nothing to report.
struct done {};

/// No answer came in time, or none that says what became of the request: whether it was carried out is unknown.
struct lost {};

/// The outcome of one `messages::session_request`.
using answer =
    std::variant<done, lost, domain::refusal, messages::hold_granted, messages::order_view, messages::event_view,
                 messages::order_list, messages::refund_progress, std::vector<domain::event_id>, messages::event_report,
                 messages::section_view, domain::queue_place, messages::own_list>;

/// An answer and the number under which it is awaited.
struct answered {
  std::uint64_t number = 0;
  answer what;
};

/// Anything that the bridge hands to its thread, in order of arrival.
using delivery =
    std::variant<answered, messages::seats_changed, messages::hold_expired, messages::order_changed,
                 messages::people_admitted, messages::place_given_up, messages::queue_moved, messages::event_announced>;

} // namespace usher::gateway
