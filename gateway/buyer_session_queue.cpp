// How a client waits and is let in.
#include "gateway/buyer_session.hpp"
#include "gateway/session_thread.hpp"

#include <algorithm>

namespace usher::gateway {

void buyer_session::on(reply_id&& re, frames::join_queue&& frame) {
  auto event = event_for(re, frame.event);
  if (!event)
    return;
  std::optional<domain::queue_number> number;
  if (frame.token) {
    number = thread_.tokens().proven_place(*frame.token, event->id, buyer_);
    if (!number)
      return send_problem(re, problem_of(domain::rejection::unauthorized, not_their_place));
  }
  join(std::move(re), event, number);
}

void buyer_session::join(reply_id re, const known_event_ptr& event, std::optional<domain::queue_number> number) {
  if (!event->waiting_room) {
    domain::queue_place place;
    place.state = domain::queue_state::admitted;
    return joined(re, event, place);
  }
  if (!waits_in(event->id) && spots_.size() >= thread_.options().queues_max)
    return send_problem(re, problem_of(domain::rejection::limit_exceeded, "Waiting in too many places at once."));
  auto answered = [this, buyer = buyer_](const reply_id& to, const known_event_ptr& where, answer&& what) {
    if (greeted())
      joined(to, where, std::get<domain::queue_place>(what));
    else // The connection ended meanwhile, but the room counts the buyer as present.
      thread_.queue().left(where->id, buyer);
  };
  ask(messages::join_queue{thread_.draw_trace(), event->id, buyer_, number, true}, std::move(re), event, std::nullopt,
      answered);
}

void buyer_session::joined(const reply_id& re, const known_event_ptr& known, const domain::queue_place& place) {
  const auto& event = known->id;
  auto told = thread_.queue_answer_for(event, buyer_, place);
  send(queue_state_frame(re, told));
  if (told.pass)
    remember_pass(event, *told.pass);
  std::erase_if(spots_, [&](const spot& one) { return one.event == event; });
  if (place.state != domain::queue_state::waiting && place.state != domain::queue_state::drawing)
    return;
  spots_.push_back({known, event, place.number, ++visits_, std::move(told.token), place});
  thread_.queue().enter(event, shared_from_this(), visits_);
}

void buyer_session::on(reply_id&& re, frames::leave_queue&& frame) {
  auto event = event_for(re, frame.event);
  if (!event)
    return;
  std::erase_if(spots_, [&](const spot& one) { return one.event == event->id; });
  std::erase_if(passes_, [&](const known_pass& one) { return one.event == event->id; });
  auto left = [this](const reply_id& to, const known_event_ptr& where, answer&&) {
    send(queue_left_frame(to, where->id));
  };
  ask(messages::leave_queue{thread_.draw_trace(), event->id, buyer_}, std::move(re), event, std::nullopt, left);
}

bool buyer_session::waits_in(const domain::event_id& event) const {
  return std::any_of(spots_.begin(), spots_.end(), [&](const spot& one) { return one.event == event; });
}

std::optional<domain::queue_number> buyer_session::waits_in(const domain::event_id& event, std::uint64_t visit) const {
  for (const auto& one : spots_)
    if (one.event == event && one.visit == visit)
      return one.number;
  return std::nullopt;
}

void buyer_session::tell_place(const domain::event_id& event, const domain::queue_place& place) {
  auto one = std::find_if(spots_.begin(), spots_.end(), [&](const spot& each) { return each.event == event; });
  if (one == spots_.end())
    return;
  if (auto present = thread_.directory().find(event); one->known != present)
    return keep_place(present); // the room does not know of it yet
  if (one->told && one->told->state == place.state && one->told->ahead == place.ahead)
    return;
  one->told = place;
  send(queue_state_frame(std::nullopt, {event, place, one->token, std::nullopt}));
}

void buyer_session::admitted(const domain::event_id& event, const granted_pass& pass) {
  std::erase_if(spots_, [&](const spot& one) { return one.event == event; });
  remember_pass(event, pass);
  send(queue_admitted_frame(event, pass));
}

void buyer_session::keep_place(const known_event_ptr& event) {
  auto one = std::find_if(spots_.begin(), spots_.end(), [&](const spot& each) { return each.event == event->id; });
  if (one == spots_.end() || one->known == event || thread_.requests().full())
    return;
  auto number = one->number;
  spots_.erase(one); // and back with the answer, unless its turn is over
  join(std::nullopt, event, number);
}

void buyer_session::given_up(const domain::event_id& event, domain::queue_number number) {
  if (std::erase_if(spots_, [&](const spot& one) { return one.event == event && one.number == number; }) > 0)
    send(queue_left_frame(std::nullopt, event));
}

void buyer_session::remember_pass(const domain::event_id& event, const granted_pass& pass) {
  std::erase_if(passes_, [&](const known_pass& one) { return one.event == event; });
  if (!passes_.empty() && passes_.size() >= thread_.options().queues_max)
    passes_.erase(passes_.begin());
  passes_.push_back({event, pass.token, pass.expires_at});
}

bool buyer_session::may_hold(const known_event& event, const std::optional<std::string>& pass) {
  auto at = session_thread::now();
  for (const auto& known : passes_)
    if (known.event == event.id && known.until > at && (!pass || *pass == known.token))
      return true;
  if (!pass)
    return false;
  auto until = thread_.tokens().admitted_until(*pass, event.id, buyer_, at);
  if (until)
    remember_pass(event.id, {*pass, *until});
  return until.has_value();
}

} // namespace usher::gateway
