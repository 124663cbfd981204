// How a client says hello, waits and is let in.
#include "gateway/buyer_session.hpp"
#include "gateway/session_thread.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace usher::gateway {

// ---- hello ------------------------------------------------------------------

void buyer_session::on(reply_id&& re, frames::hello&& frame) {
  if (greeted() || greeting_)
    return send_problem(re, bad_request("/type", "Hello has been said."));
  auto at = session_thread::now();
  std::optional<session_claims> earlier;
  if (frame.resume) {
    auto checked = thread_.tokens().verify_session(frame.resume->session, at);
    if (auto* claims = std::get_if<session_claims>(&checked))
      earlier = std::move(*claims);
  }
  std::optional<std::string> made;
  domain::buyer_id buyer;
  auto until = at + thread_.options().token_ttl; // who this is need not be proven again before
  if (frame.token) {
    auto checked = thread_.tokens().verify_buyer(*frame.token, at);
    auto* claims = std::get_if<buyer_claims>(&checked);
    if (!claims)
      return refuse_greeting(re, {});
    buyer = claims->buyer;
    until = std::min(until, claims->expires_at);
    if (earlier && earlier->buyer != buyer)
      return refuse_greeting(re, "The session is another buyer's.");
  } else if (earlier) {
    buyer = earlier->buyer;
    until = std::min(until, earlier->expires_at);
  } else if (thread_.options().anonymous) {
    buyer = domain::buyer_id{draw_name()};
    made = thread_.tokens().sign(buyer_claims{buyer, until});
  } else {
    return refuse_greeting(re, {});
  }
  if (!earlier)
    return greet(re, buyer, until, std::move(made), std::nullopt);
  greeting_ = true;
  ++pending_;
  thread_.resume(earlier->session, buyer,
                 [self = shared_from_this(), re, buyer, until](std::optional<kept_session> kept) {
                   self->greeting_ = false;
                   if (self->sink_)
                     self->greet(re, buyer, until, std::nullopt, std::move(kept));
                   self->finished();
                 });
}

void buyer_session::greet(const reply_id& re, const domain::buyer_id& buyer, domain::instant until,
                          std::optional<std::string> token, std::optional<kept_session> kept) {
  buyer_ = buyer;
  proven_until_ = until;
  name_ = fmt::format("{}-{}", thread_.number(), draw_name());
  thread_.buyers().enter(buyer_, *this);
  thread_.metrics().sessions->inc();
  auto at = session_thread::now();
  welcome said;
  said.session = thread_.tokens().sign(session_claims{name_, buyer_, until});
  said.buyer = buyer_;
  said.token = std::move(token);
  said.server_time = at;
  said.heartbeat = thread_.options().heartbeat;
  said.resumed = kept.has_value();
  send(welcome_frame(re, said));
  if (kept)
    go_on_with(std::move(*kept));
}

void buyer_session::refuse_greeting(const reply_id& re, std::string detail) {
  send_problem(re, problem_of(domain::rejection::unauthorized, std::move(detail)));
  if (sink_)
    sink_->close(close_code::unauthorized, "unauthorized");
}

void buyer_session::go_on_with(kept_session&& kept) {
  for (auto& [event, section] : kept.watches) {
    auto known = thread_.directory().find(event);
    if (!known || section.value() >= known->plan->sections().size())
      continue;
    watches_.push_back({event, section});
    ++pending_;
    thread_.seats().watch(known, section, shared_from_this(), std::nullopt);
  }
  for (auto& [event, number] : kept.places)
    if (auto known = thread_.directory().find(event))
      join(std::nullopt, known, number);
}

// ---- the waiting room -------------------------------------------------------

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
    return joined(re, event->id, place);
  }
  if (!waits_in(event->id) && spots_.size() >= thread_.options().queues_max)
    return send_problem(re, problem_of(domain::rejection::limit_exceeded, "Waiting in too many places at once."));
  auto answered = [this, buyer = buyer_](const reply_id& to, const known_event_ptr& where, answer&& what) {
    if (greeted())
      joined(to, where->id, std::get<domain::queue_place>(what));
    else // The connection ended meanwhile, but the room counts the buyer as present.
      thread_.queue().left(where->id, buyer);
  };
  thread_.queue().back(event->id, buyer_);
  ask(messages::join_queue{thread_.draw_trace(), event->id, buyer_, number, true}, std::move(re), event, std::nullopt,
      answered);
}

void buyer_session::joined(const reply_id& re, const domain::event_id& event, const domain::queue_place& place) {
  auto told = thread_.queue_answer_for(event, buyer_, place);
  send(queue_state_frame(re, told));
  if (told.pass)
    remember_pass(event, *told.pass);
  std::erase_if(spots_, [&](const spot& one) { return one.event == event; });
  if (place.state != domain::queue_state::waiting && place.state != domain::queue_state::drawing)
    return;
  spots_.push_back({event, place.number, ++visits_, std::move(told.token), place});
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
  if (one == spots_.end() || (one->told && one->told->state == place.state && one->told->ahead == place.ahead))
    return;
  one->told = place;
  send(queue_state_frame(std::nullopt, {event, place, one->token, std::nullopt}));
}

void buyer_session::admitted(const domain::event_id& event, const granted_pass& pass) {
  std::erase_if(spots_, [&](const spot& one) { return one.event == event; });
  remember_pass(event, pass);
  send(queue_admitted_frame(event, pass));
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
