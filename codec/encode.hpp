#pragma once

#include "codec/problem.hpp"
#include "codec/public_names.hpp"
#include "domain/instant.hpp"
#include "domain/seating_plan.hpp"
#include "messages/event.hpp"
#include "messages/hold.hpp"
#include "messages/order.hpp"
#include "messages/own.hpp"
#include "messages/queue.hpp"
#include "messages/seats.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What Usher says: frames for WebSocket clients and bodies for HTTP clients. Problems are in `problem.hpp`.
///
/// Functions `…_frame` write a whole frame: with `re` the answer to the request with that id, without it something
/// unsolicited. The others write an HTTP body. Everything is one compact JSON object.
namespace usher::codec {

/// An event as the gateway knows it: what turns numbers into names.
struct event_names {
  const domain::event_id& id;
  const domain::seating_plan& plan;
  std::string_view currency;
};

using reply_id = std::optional<std::string>;

// ---- holds, orders, tickets -------------------------------------------------

[[nodiscard]] std::string encode_hold(const messages::hold_granted& hold, const event_names& event);
[[nodiscard]] std::string held_frame(const reply_id& re, const messages::hold_granted& hold, const event_names& event);
[[nodiscard]] std::string released_frame(const reply_id& re, const hold_name& hold);
[[nodiscard]] std::string hold_expired_frame(const hold_name& hold);

/// The public name of a granted hold.
[[nodiscard]] hold_name name_of(const messages::hold_granted& hold);
/// The public name of the hold that an order pays for.
[[nodiscard]] hold_name hold_of(const messages::order_view& order);

[[nodiscard]] std::string encode_order(const messages::order_view& order, const event_names& event);
[[nodiscard]] std::string order_frame(const reply_id& re, const messages::order_view& order, const event_names& event);

/// The same for operators, who also see whose it is, whether it is still open, and since when it is in its state.
[[nodiscard]] std::string encode_operators_order(const messages::order_view& order, const event_names& event);
[[nodiscard]] std::string encode_orders(const messages::order_list& list, const event_names& event);
[[nodiscard]] std::string encode_refunds(const messages::refund_progress& progress);
/// Whether whoever shows this ticket's code may come in. Requires that the order has such a ticket.
[[nodiscard]] std::string encode_ticket_worth(const ticket_name& ticket, const messages::order_view& order,
                                              const event_names& event);

/// Makes the code that the ticket with this name carries; see `tokens::ticket_code`.
using ticket_coder = std::function<std::string(const std::string& ticket)>;
[[nodiscard]] std::string encode_tickets(const messages::order_view& order, const event_names& event,
                                         const ticket_coder& code);

// ---- the waiting room -------------------------------------------------------

/// The right to shop, for whoever was admitted.
struct granted_pass {
  std::string token;
  domain::instant expires_at;
};

/// What one person in a waiting room is told.
struct queue_answer {
  domain::event_id event;
  domain::queue_place place;
  std::string token;                ///< proves the number
  std::optional<granted_pass> pass; ///< when admitted
  domain::seconds poll_after{1};    ///< when to ask again, for who does not wait over a WebSocket
};

[[nodiscard]] std::string encode_queue(const queue_answer& answer);
[[nodiscard]] std::string queue_state_frame(const reply_id& re, const queue_answer& answer);
[[nodiscard]] std::string queue_admitted_frame(const domain::event_id& event, const granted_pass& pass);

// ---- all that a buyer has ---------------------------------------------------

/// What a buyer has at one event, as far as anybody could say.
struct own_at_event {
  event_names event;
  bool is_hidden = false; ///< nobody is to hear of the event who has nothing there
  std::optional<queue_answer> place{};
  bool is_place_known = true;
  const messages::own_list* list = nullptr; ///< null: the event has not said
};
struct own_answer {
  const domain::buyer_id& buyer;
  std::span<const own_at_event> events;
  std::optional<domain::event_id> next{}; ///< there are more events, after this one
};

[[nodiscard]] std::string encode_own(const own_answer& answer);
[[nodiscard]] std::string own_frame(const reply_id& re, const own_answer& answer);

// ---- seats ------------------------------------------------------------------

[[nodiscard]] std::string encode_seats(const messages::section_view& view, const event_names& event);
/// A snapshot is written in two parts, to be sent one after the other as one frame: only the first depends on `re`, so
/// all who are told the same state can share the second.
[[nodiscard]] std::string seats_snapshot_opening(const reply_id& re);
[[nodiscard]] std::string seats_snapshot_rest(const messages::section_view& view, const event_names& event);
[[nodiscard]] std::string seats_delta_frame(const messages::seats_changed& change, const event_names& event);

// ---- events -----------------------------------------------------------------

/// `warnings` are what an operator should look at, e.g. after a change.
[[nodiscard]] std::string encode_event(const messages::event_view& view, const domain::seating_plan& plan,
                                       std::span<const std::string> warnings = {});

/// An event to list, with its plan.
struct listed_event {
  const messages::event_view& view;
  const domain::seating_plan& plan;
};
[[nodiscard]] std::string encode_events(std::span<const listed_event> events);
[[nodiscard]] std::string encode_report(const messages::event_report& report, const domain::seating_plan& plan);

// ---- the session itself -----------------------------------------------------

/// `POST /v1/sessions`
struct fresh_session {
  std::string token;
  domain::buyer_id buyer;
  domain::instant expires_at;
};
[[nodiscard]] std::string encode_session(const fresh_session& session);

/// What became of a place that a client came back with: the number is theirs, or why not.
struct returned_place {
  std::optional<domain::event_id> event; ///< none: the token does not say
  domain::queue_number number;
  std::optional<codec::problem> problem{};
};
/// What became of a section that a client had watched: it is watched again, or why not.
struct returned_watch {
  domain::event_id event;
  std::string section;
  std::optional<codec::problem> problem{};
};

struct welcome {
  std::string session; ///< the token to resume with
  domain::buyer_id buyer;
  domain::instant server_time;
  domain::seconds heartbeat{};
  bool resumed = false;
  std::optional<std::string> token;                     ///< for a buyer who came without one
  std::optional<std::vector<returned_place>> places{};  ///< in the order in which they were named
  std::optional<std::vector<returned_watch>> watches{}; ///< likewise
};
[[nodiscard]] std::string welcome_frame(const reply_id& re, const welcome& answer,
                                        std::string_view problem_base = default_problem_base);
[[nodiscard]] std::string pong_frame(const reply_id& re, domain::instant server_time);
[[nodiscard]] std::string heartbeat_frame(domain::instant server_time);
[[nodiscard]] std::string reconnect_frame(std::chrono::milliseconds within);
/// The answers to `queue.leave` and `seats.unwatch`: `queue.left {event}` and `seats.unwatched {event, section}`.
/// `queue.left` without `re`: the buyer left on another connection.
[[nodiscard]] std::string queue_left_frame(const reply_id& re, const domain::event_id& event);
[[nodiscard]] std::string seats_unwatched_frame(const reply_id& re, const domain::event_id& event,
                                                std::string_view section);

} // namespace usher::codec
