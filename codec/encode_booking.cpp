#include "codec/json_time.hpp"
#include "codec/pieces.hpp"

#include <algorithm>

/// Holds, orders and tickets.
namespace usher::codec {
namespace {

/// A frame or body with one seat fits without growing.
constexpr std::size_t usual_size = 512;
constexpr std::size_t size_per_seat = 160;

/// What is special about a seat; nothing for most.
void write_flags(json_writer& json, const domain::planned_seat& seat) {
  if (!seat.accessible && !seat.companion && !seat.restricted_view)
    return;
  json.key("flags").begin_array();
  if (seat.accessible)
    json.value("accessible");
  if (seat.companion)
    json.value("companion");
  if (seat.restricted_view)
    json.value("restricted_view");
  json.end_array();
}

/// The members that say which place this is and what it costs; the caller opens and closes the object.
void write_place(json_writer& json, domain::seat_place place, domain::minor_units price, const event_names& event) {
  const auto& section = event.plan.section(place.section);
  auto index = section.index_of(place.seat);
  json.member("guid", event.plan.guid(place)).member("section", section.id);
  if (index && !section.general()) {
    const auto& seat = section.seats[index->value()];
    json.member("row", section.rows[seat.row]).member("number", seat.number);
    write_flags(json, seat);
  } else {
    json.key("row").null().key("number").null();
  }
  if (index)
    json.member("category", event.plan.categories()[section.category_of(place.seat).value()]);
  else
    json.key("category").null(); // the order is over and the plan no longer has the seat
  json.key("price");
  write_money(json, price, event.currency);
}

std::size_t seats_in(const messages::hold_granted& hold) {
  std::size_t count = 0;
  for (const auto& part : hold.sections)
    count += part.seats.size();
  return count;
}

void write_hold(json_writer& json, const messages::hold_granted& hold, const event_names& event) {
  json.member("hold", to_string(name_of(hold))).member("event", hold.event.value());
  domain::minor_units total = 0;
  json.key("seats").begin_array();
  for (const auto& part : hold.sections) {
    for (const auto& seat : part.seats) {
      json.begin_object();
      write_place(json, {part.section, seat.seat}, seat.price, event);
      json.end_object();
      total += seat.price;
    }
  }
  json.end_array().key("total");
  write_money(json, total, event.currency);
  json.member("expires_at", to_text(hold.until));
  auto left = std::chrono::floor<domain::seconds>(hold.until - hold.now);
  json.member("expires_in_s", std::max<std::int64_t>(left.count(), 0));
}

/// Where the money of an order that is undone is; empty for others.
std::string_view refund_of(const messages::order_view& order) {
  using domain::order_state;
  if (!order.was_paid)
    return {};
  if (order.state == order_state::refunding || order.state == order_state::cancelling)
    return "pending";
  return order.state == order_state::refunded || order.state == order_state::cancelled ? "done" : std::string_view{};
}

void write_order(json_writer& json, const messages::order_view& order, const event_names& event) {
  json.member("order", to_string(order_name{order.event, order.order}));
  json.member("event", order.event.value()).member("hold", to_string(hold_of(order)));
  json.member("state", domain::public_name(order.state, order.cancel_requested));
  if (auto refund = refund_of(order); !refund.empty())
    json.member("refund", refund);
  if (!order.reason.empty())
    json.member("reason", order.reason);
  json.key("total");
  write_money(json, order.total, event.currency);
  json.key("seats").begin_array();
  for (const auto& seat : order.seats) {
    json.begin_object();
    write_place(json, {seat.section, seat.seat}, seat.price, event);
    json.end_object();
  }
  json.end_array().member("created_at", to_text(order.at));
}

} // namespace

hold_name name_of(const messages::hold_granted& hold) {
  hold_name name{hold.event, {}, hold.hold};
  name.sections.reserve(hold.sections.size());
  for (const auto& part : hold.sections)
    name.sections.push_back(part.section);
  std::sort(name.sections.begin(), name.sections.end());
  return name;
}

hold_name hold_of(const messages::order_view& order) {
  hold_name name{order.event, {}, order.hold};
  for (const auto& seat : order.seats)
    name.sections.push_back(seat.section);
  std::sort(name.sections.begin(), name.sections.end());
  name.sections.erase(std::unique(name.sections.begin(), name.sections.end()), name.sections.end());
  return name;
}

std::string encode_hold(const messages::hold_granted& hold, const event_names& event) {
  std::string text;
  text.reserve(usual_size + size_per_seat * seats_in(hold));
  json_writer json{text};
  json.begin_object();
  write_hold(json, hold, event);
  json.end_object();
  return text;
}

std::string held_frame(const reply_id& re, const messages::hold_granted& hold, const event_names& event) {
  std::string text;
  text.reserve(usual_size + size_per_seat * seats_in(hold));
  json_writer json{text};
  begin_frame(json, "held", re);
  write_hold(json, hold, event);
  json.end_object();
  return text;
}

std::string released_frame(const reply_id& re, const hold_name& hold) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "released", re).member("hold", to_string(hold)).end_object();
  return text;
}

std::string hold_expired_frame(const hold_name& hold) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "hold.expired", {}).member("hold", to_string(hold)).member("event", hold.event.value());
  json.end_object();
  return text;
}

std::string encode_order(const messages::order_view& order, const event_names& event) {
  std::string text;
  text.reserve(usual_size + size_per_seat * order.seats.size());
  json_writer json{text};
  json.begin_object();
  write_order(json, order, event);
  json.end_object();
  return text;
}

namespace {

/// An order as operators see it.
void write_whole_order(json_writer& json, const messages::order_view& order, const event_names& event) {
  json.begin_object();
  write_order(json, order, event);
  json.member("buyer", order.buyer.value()).member("open", !domain::is_final(order.state));
  json.member("since", to_text(order.since)).end_object();
}

} // namespace

std::string encode_operators_order(const messages::order_view& order, const event_names& event) {
  std::string text;
  json_writer json{text};
  write_whole_order(json, order, event);
  return text;
}

std::string encode_orders(const messages::order_list& list, const event_names& event) {
  std::string text;
  json_writer json{text};
  json.begin_object().member("event", list.event.value()).key("orders").begin_array();
  for (const auto& order : list.orders)
    write_whole_order(json, order, event);
  json.end_array();
  if (list.more && !list.orders.empty())
    json.member("next", to_string(order_name{list.event, list.orders.back().order}));
  json.end_object();
  return text;
}

std::string encode_refunds(const messages::refund_progress& progress) {
  std::string text;
  json_writer json{text};
  json.begin_object().member("event", progress.event.value()).member("begun", progress.begun);
  json.member("left", progress.left).member("open", progress.open).end_object();
  return text;
}

std::string encode_ticket_worth(const ticket_name& ticket, const messages::order_view& order,
                                const event_names& event) {
  const auto& seat = order.seats.at(ticket.number - 1);
  std::string text;
  json_writer json{text};
  json.begin_object().member("ticket", to_string(ticket)).member("event", order.event.value());
  json.member("valid", order.state == domain::order_state::confirmed);
  json.member("order", to_string(order_name{order.event, order.order}));
  json.member("state", domain::public_name(order.state, order.cancel_requested)).member("buyer", order.buyer.value());
  write_place(json, {seat.section, seat.seat}, seat.price, event);
  json.end_object();
  return text;
}

std::string order_frame(const reply_id& re, const messages::order_view& order, const event_names& event) {
  std::string text;
  text.reserve(usual_size + size_per_seat * order.seats.size());
  json_writer json{text};
  begin_frame(json, "order", re);
  write_order(json, order, event);
  json.end_object();
  return text;
}

std::string encode_tickets(const messages::order_view& order, const event_names& event, const ticket_coder& code) {
  std::string text;
  json_writer json{text};
  json.begin_object().member("order", to_string(order_name{order.event, order.order}));
  json.member("event", order.event.value()).key("tickets").begin_array();
  std::uint32_t number = 0;
  for (const auto& seat : order.seats) {
    auto ticket = to_string(ticket_name{order.event, order.order, ++number});
    json.begin_object().member("ticket", ticket).member("code", code(ticket));
    write_place(json, {seat.section, seat.seat}, seat.price, event);
    json.end_object();
  }
  json.end_array().end_object();
  return text;
}

} // namespace usher::codec
