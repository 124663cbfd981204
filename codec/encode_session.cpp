#include "codec/json_time.hpp"
#include "codec/pieces.hpp"

#include <chrono>
#include <string_view>

/// The waiting room, seats as they change, and the session itself.
namespace usher::codec {
namespace {

/// The position in the line, from 1; 0 for whoever has left it.
std::uint64_t position_of(const domain::queue_place& place) {
  return domain::in_line(place.state) ? place.ahead + 1 : 0;
}

void write_pass(json_writer& json, const granted_pass& pass) {
  json.member("pass", pass.token).member("pass_expires_at", to_text(pass.expires_at));
}

void write_queue(json_writer& json, const queue_answer& answer) {
  const auto& place = answer.place;
  json.member("event", answer.event.value()).member("token", answer.token);
  json.member("state", domain::to_string(place.state)).member("number", place.number.value());
  json.member("position", position_of(place)).member("ahead", place.ahead);
  json.key("eta_s").begin_array().value(place.eta_low.count());
  if (place.eta_high)
    json.value(place.eta_high->count());
  else
    json.null();
  json.end_array();
  json.member("poll_after_s", answer.poll_after.count());
  if (answer.pass)
    write_pass(json, *answer.pass);
}

void write_returned(json_writer& json, const returned_place& place, std::string_view problem_base) {
  json.begin_object();
  if (place.event)
    json.member("event", place.event->value());
  if (place.problem)
    json.key("problem").raw(encode_problem(*place.problem, problem_base));
  else
    json.member("number", place.number.value());
  json.end_object();
}

void write_returned(json_writer& json, const returned_watch& watch, std::string_view problem_base) {
  json.begin_object().member("event", watch.event.value()).member("section", watch.section);
  if (watch.problem)
    json.key("problem").raw(encode_problem(*watch.problem, problem_base));
  json.end_object();
}

/// Whole milliseconds as a number of seconds, e.g. 2.35.
std::string in_seconds(std::chrono::milliseconds time) {
  auto text = std::to_string(time.count() / 1000);
  auto rest = std::to_string(time.count() % 1000 + 1000);
  rest.front() = '.';
  rest.erase(rest.find_last_not_of('0') + 1);
  return rest == "." ? text : text + rest;
}

/// The looks in the plan's order; `by_number` may be from before or after a change of the plan.
std::string in_plan_order(std::string_view by_number, const domain::section_plan& section) {
  if (section.general())
    return {};
  std::string result(section.seats.size(), domain::to_char(domain::seat_state::blocked));
  for (std::uint32_t index = 0; index < result.size(); ++index)
    if (auto number = section.number_at(domain::plan_index{index}).value(); number < by_number.size())
      result[index] = by_number[number];
  return result;
}

void write_seats(json_writer& json, const messages::section_view& view, const event_names& event) {
  const auto& section = event.plan.section(view.section);
  json.member("event", event.id.value()).member("section", section.id);
  json.member("epoch", view.epoch.value()).member("seq", view.seq).key("seats").begin_array();
  for (const auto& seat : section.seats)
    json.value(seat.guid);
  json.end_array().member("status", in_plan_order(view.status, section));
  json.key("totals").begin_object();
  write_counts(json, view.totals);
  json.end_object();
}

} // namespace

std::string encode_queue(const queue_answer& answer) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  write_queue(json, answer);
  json.end_object();
  return text;
}

std::string queue_state_frame(const reply_id& re, const queue_answer& answer) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "queue.state", re);
  write_queue(json, answer);
  json.end_object();
  return text;
}

std::string queue_admitted_frame(const domain::event_id& event, const granted_pass& pass) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "queue.admitted", {}).member("event", event.value());
  write_pass(json, pass);
  json.end_object();
  return text;
}

std::string queue_left_frame(const reply_id& re, const domain::event_id& event) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "queue.left", re).member("event", event.value()).end_object();
  return text;
}

std::string encode_seats(const messages::section_view& view, const event_names& event) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  write_seats(json, view, event);
  json.end_object();
  return text;
}

std::string seats_snapshot_opening(const reply_id& re) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "seats.snapshot", re);
  return text;
}

std::string seats_snapshot_rest(const messages::section_view& view, const event_names& event) {
  auto text = encode_seats(view, event);
  text.front() = ','; // its members follow those of the opening
  return text;
}

std::string seats_delta_frame(const messages::seats_changed& change, const event_names& event) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "seats.delta", {}).member("event", event.id.value());
  const auto& section = event.plan.section(change.section);
  json.member("section", section.id);
  json.member("epoch", change.epoch.value()).member("seq", change.seq).key("set").begin_array();
  for (const auto& [seat, look] : change.set)
    if (auto index = section.index_of(seat))
      json.begin_array().value(index->value()).value(std::string_view{&look, 1}).end_array();
  json.end_array().key("totals").begin_object();
  write_counts(json, change.totals);
  json.end_object().end_object();
  return text;
}

std::string seats_unwatched_frame(const reply_id& re, const domain::event_id& event, std::string_view section) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "seats.unwatched", re).member("event", event.value()).member("section", section).end_object();
  return text;
}

std::string encode_session(const fresh_session& session) {
  std::string text;
  json_writer json{text};
  json.begin_object().member("token", session.token).member("buyer", session.buyer.value());
  json.member("expires_at", to_text(session.expires_at)).end_object();
  return text;
}

std::string welcome_frame(const reply_id& re, const welcome& answer, std::string_view problem_base) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "welcome", re).member("session", answer.session).member("buyer", answer.buyer.value());
  if (answer.token)
    json.member("token", *answer.token);
  json.member("server_time", to_text(answer.server_time)).member("heartbeat_s", answer.heartbeat.count());
  json.member("resumed", answer.resumed);
  if (answer.places) {
    json.key("places").begin_array();
    for (const auto& one : *answer.places)
      write_returned(json, one, problem_base);
    json.end_array();
  }
  if (answer.watches) {
    json.key("watches").begin_array();
    for (const auto& one : *answer.watches)
      write_returned(json, one, problem_base);
    json.end_array();
  }
  json.end_object();
  return text;
}

std::string pong_frame(const reply_id& re, domain::instant server_time) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "pong", re).member("server_time", to_text(server_time)).end_object();
  return text;
}

std::string heartbeat_frame(domain::instant server_time) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "heartbeat", {}).member("server_time", to_text(server_time)).end_object();
  return text;
}

std::string reconnect_frame(std::chrono::milliseconds within) {
  std::string text;
  json_writer json{text};
  begin_frame(json, "reconnect", {}).key("within_s").raw(in_seconds(within));
  json.end_object();
  return text;
}

} // namespace usher::codec
