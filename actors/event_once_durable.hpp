#pragma once

#include "messages/type_ids.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <optional>
#include <variant>

/// What an event's actor does once something is durable.
namespace usher::actors {

/// Settings or state changed: the sections, the waiting room and whoever asked for it are told.
struct event_became {
  std::optional<caf::typed_response_promise<messages::event_view>> asked = std::nullopt;
  std::optional<domain::event_state> state = std::nullopt;       ///< if that changed
  std::optional<domain::event_settings> settings = std::nullopt; ///< if they changed
};

/// An order was begun: its checkout starts, and the buyer is told.
struct order_begun {
  domain::order_id order;
  messages::trace_id trace;
  caf::typed_response_promise<messages::order_view> asked;
};

/// An order went one step further: its checkout goes on, and the gateways are told.
struct order_moved {
  domain::order_id order;
  domain::order_state to;
  caf::typed_response_promise<void> asked;
};

/// The buyer of an order under way cancels: the checkout is told, and the buyer gets an answer.
struct order_cancel_noted {
  domain::order_id order;
  messages::trace_id trace;
  caf::typed_response_promise<messages::order_view> asked;
};

/// A confirmed order is being undone, or an operator has given one up: a checkout sees to it, and whoever asked is
/// told.
struct order_undone {
  domain::order_id order;
  domain::order_state to;
  messages::trace_id trace;
  caf::typed_response_promise<messages::order_view> asked; ///< nobody, when all orders are undone
};

/// All orders that could be undone at once are: the operator is told how many are left.
struct refunds_begun {
  std::uint64_t count = 0;
  caf::typed_response_promise<messages::refund_progress> asked;
};

/// A reader of an order waits until its last step is durable.
struct order_read {
  domain::order_id order;
  domain::order_state state;      ///< as far as it had come when it was asked for
  bool unwanted = false;          ///< likewise: see `domain::order::unwanted`
  domain::rejection if_unwritten; ///< the answer when it turns out that it had not come so far
  caf::typed_response_promise<messages::order_view> asked;
};

/// A checkout's step is refused because of something that was not durable yet.
struct step_refused {
  domain::refusal why;
  caf::typed_response_promise<void> asked;
};

/// A checkout repeated a step that was not durable yet.
struct step_repeated {
  caf::typed_response_promise<void> asked;
};

using event_once_durable = std::variant<event_became, order_begun, order_moved, order_cancel_noted, order_undone,
                                        refunds_begun, order_read, step_refused, step_repeated>;

} // namespace usher::actors
