#include "codec/pieces.hpp"

/// All that a buyer has.
namespace usher::codec {
namespace {

/// Opens an entry of `unknown`; the caller closes it.
json_writer& begin_unknown(json_writer& json, std::string_view what, const own_at_event& here) {
  json.begin_object().member("what", what);
  if (!here.is_hidden)
    json.member("event", here.event.id.value());
  return json;
}

void write_places(json_writer& json, std::span<const own_at_event> events) {
  json.key("places").begin_array();
  for (const auto& here : events)
    if (here.place)
      json.raw(encode_queue(*here.place));
  json.end_array();
}

void write_holds(json_writer& json, std::span<const own_at_event> events) {
  json.key("holds").begin_array();
  for (const auto& here : events)
    if (here.list)
      for (const auto& hold : here.list->holds)
        json.raw(encode_hold(hold, here.event));
  json.end_array();
}

void write_orders(json_writer& json, std::span<const own_at_event> events) {
  json.key("orders").begin_array();
  for (const auto& here : events)
    if (here.list)
      for (const auto& order : here.list->orders)
        json.raw(encode_order(order, here.event));
  json.end_array();
}

void write_unread(json_writer& json, const own_at_event& here) {
  const auto& sections = here.event.plan.sections();
  for (const auto& hold : here.list->unread) {
    hold_name name{here.event.id, hold.sections, hold.hold};
    begin_unknown(json, "hold", here).member("hold", to_string(name)).end_object();
  }
  for (auto section : here.list->silent)
    if (section.value() < sections.size()) {
      begin_unknown(json, "section", here);
      if (!here.is_hidden)
        json.member("section", sections[section.value()].id);
      json.end_object();
    }
}

void write_unknown(json_writer& json, std::span<const own_at_event> events) {
  json.key("unknown").begin_array();
  for (const auto& here : events) {
    if (!here.is_place_known)
      begin_unknown(json, "place", here).end_object();
    if (here.list)
      write_unread(json, here);
    else
      begin_unknown(json, "event", here).end_object();
  }
  json.end_array();
}

void write_own(json_writer& json, const own_answer& answer) {
  json.member("buyer", answer.buyer.value());
  write_places(json, answer.events);
  write_holds(json, answer.events);
  write_orders(json, answer.events);
  write_unknown(json, answer.events);
  json.key("more").begin_array();
  for (const auto& here : answer.events)
    if (here.list && here.list->more)
      json.value(here.event.id.value());
  json.end_array().key("next");
  if (answer.next)
    json.value(answer.next->value());
  else
    json.null();
}

} // namespace

std::string encode_own(const own_answer& answer) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  write_own(json, answer);
  json.end_object();
  return text;
}

std::string own_frame(const reply_id& re, const own_answer& answer) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "me", re);
  write_own(json, answer);
  json.end_object();
  return text;
}

} // namespace usher::codec
