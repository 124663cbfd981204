#pragma once

#include "messages/event.hpp"
#include "messages/hold.hpp"
#include "messages/order.hpp"
#include "messages/own.hpp"
#include "messages/queue.hpp"
#include "messages/seats.hpp"

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

/// Between a gateway's sessions and its actor. Local only.
namespace usher::messages {

/// Anything a session may ask of the rest of Usher.
using session_request = std::variant<hold_seats, release_hold, find_hold, start_order, find_order, cancel_order,
                                     list_orders, refund_order, refund_orders, describe_event, list_events, put_event,
                                     change_event, block_seats, report_event, read_section, watch_section,
                                     unwatch_section, join_queue, ask_place, leave_queue, people_left, list_own>;

/// What the sessions of one thread have asked since the last batch, each with the number under which it awaits its
/// answer.
struct session_requests {
  std::vector<std::pair<std::uint64_t, session_request>> requests;
};

} // namespace usher::messages
