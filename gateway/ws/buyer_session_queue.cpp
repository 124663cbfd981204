// How a client waits and is let in.
#include "gateway/options.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/trace_ids.hpp"
#include "gateway/ws/buyer_session.hpp"
#include "gateway/ws/queue_answers.hpp"
#include "gateway/ws/queue_board.hpp"

#include <algorithm>

namespace usher::gateway {

void buyer_session::on(codec::reply_id&& re, codec::frames::join_queue&& frame) {
  auto event = shown_event_for(re, frame.event);
  if (!event)
    return;
  std::optional<domain::queue_number> number;
  if (const auto* here = spot_in(event->id))
    number = here->number; // perhaps the room was started anew and does not know it yet
  if (frame.token) {
    number = services_.tokens.proven_place(*frame.token, event->id, buyer_);
    if (!number)
      return send_problem(re, codec::problem_of(domain::rejection::unauthorized, codec::not_their_place));
  }
  join(std::move(re), event, number);
}

void buyer_session::join(codec::reply_id re, const known_event_ptr& event, std::optional<domain::queue_number> number) {
  if (!event->waiting_room) {
    domain::queue_place place;
    place.state = domain::queue_state::admitted;
    return joined(re, event, place);
  }
  if (!waits_in(event->id) && spots_.size() >= services_.options.queues_max)
    return send_problem(re,
                        codec::problem_of(domain::rejection::limit_exceeded, "Waiting in too many places at once."));
  auto answered = [this, re, event](answer&& what) {
    if (!failed(re, event, std::nullopt, what))
      joined(re, event, std::get<domain::queue_place>(what));
  };
  if (!ask_room(event, number, answered))
    send_problem(re, codec::problem_of(domain::rejection::overloaded));
}

bool buyer_session::ask_room(const known_event_ptr& event, std::optional<domain::queue_number> number,
                             std::function<void(answer&&)> heard) {
  auto answered = [self = shared_from_this(), event, buyer = buyer_, heard = std::move(heard)](answer&& what) {
    // The room may count the buyer as present, and nobody would tell it that they are gone.
    if (!self->greeted() || std::holds_alternative<lost>(what))
      self->services_.queue.left(event->id, buyer);
    if (self->greeted())
      heard(std::move(what));
    self->finished();
  };
  messages::join_queue request{services_.traces.draw(), event->id, buyer_, number, true};
  ++pending_;
  if (services_.requests.ask(std::move(request), std::move(answered), outbox::clock::now()))
    return true;
  --pending_;
  return false;
}

void buyer_session::joined(const codec::reply_id& re, const known_event_ptr& known, const domain::queue_place& place) {
  const auto& event = known->id;
  auto told = services_.places.of(event, buyer_, place);
  send(codec::queue_state_frame(re, told));
  if (told.pass)
    remember_pass(event, *told.pass);
  leave_spot(event);
  if (!domain::in_line(place.state))
    return;
  spots_.push_back({event, known->room, place.number, ++visits_, std::move(told.token), place});
  services_.queue.enter(event, shared_from_this(), visits_);
}

void buyer_session::keep_place(const known_event_ptr& event) {
  auto* one = spot_in(event->id);
  auto is_known = one != nullptr && event->waiting_room && one->room == event->room;
  if (one == nullptr || is_known || one->state != spot_state::waits)
    return;
  if (!event->waiting_room) {
    services_.queue.left(event->id, buyer_); // the room goes on by itself, and knows them as present
    return join(std::nullopt, event, std::nullopt);
  }
  if (services_.requests.busy())
    return;
  if (ask_room(event, one->number,
               [this, event, visit = one->visit](answer&& what) { returned(event, visit, std::move(what)); }))
    one->state = spot_state::returns;
}

/// What the room that was started anew says to a place that an earlier one had given.
void buyer_session::returned(const known_event_ptr& event, std::uint64_t visit, answer&& what) {
  auto* one = spot_in(event->id);
  if (one == nullptr || one->visit != visit)
    return; // let in, given up or asked for anew meanwhile
  if (one->state == spot_state::returns)
    one->state = spot_state::waits;
  const auto* place = std::get_if<domain::queue_place>(&what);
  if (place && one->told && place->state == one->told->state && place->number == one->number) {
    // Others are on their way back, too: where everybody stands is clear when the board has its next turn.
    one->room = event->room;
    return;
  }
  // Who had their turn before the room ended was not told; they hear it as everybody does.
  if (place && place->state == domain::queue_state::admitted)
    if (auto told = services_.places.of(event->id, buyer_, *place); told.pass)
      return admitted(event->id, *told.pass);
  if (place)
    return joined(std::nullopt, event, *place);
  const auto* why = std::get_if<domain::refusal>(&what);
  if (why == nullptr || domain::is_passing(why->reason))
    return; // the next turn tries again
  leave_spot(event->id);
  send(codec::queue_left_frame(std::nullopt, event->id));
}

void buyer_session::on(codec::reply_id&& re, codec::frames::leave_queue&& frame) {
  auto event = event_for(re, frame.event);
  if (!event)
    return;
  auto answered = [self = shared_from_this(), re, event](answer&& what) {
    self->left(re, event, std::move(what));
    self->finished();
  };
  auto* one = spot_in(event->id);
  if (one != nullptr)
    one->state = spot_state::leaves;
  if (auto* pass = pass_for(event->id))
    pass->leaving = true;
  messages::leave_queue request{services_.traces.draw(), event->id, buyer_};
  ++pending_;
  if (!services_.requests.ask(std::move(request), std::move(answered), outbox::clock::now())) {
    left(re, event, domain::refusal{.reason = domain::rejection::overloaded});
    --pending_;
  }
}

void buyer_session::left(const codec::reply_id& re, const known_event_ptr& event, answer&& what) {
  if (failed(re, event, std::nullopt, what)) {
    if (auto* still = spot_in(event->id))
      still->state = spot_state::waits;
    if (auto* pass = pass_for(event->id))
      pass->leaving = false;
    return;
  }
  leave_spot(event->id);
  forget_pass(event->id);
  send(codec::queue_left_frame(re, event->id));
}

buyer_session::spot* buyer_session::spot_in(const domain::event_id& event) {
  auto one = std::find_if(spots_.begin(), spots_.end(), [&](const spot& each) { return each.event == event; });
  return one == spots_.end() ? nullptr : &*one;
}

const buyer_session::spot* buyer_session::spot_in(const domain::event_id& event) const {
  auto one = std::find_if(spots_.begin(), spots_.end(), [&](const spot& each) { return each.event == event; });
  return one == spots_.end() ? nullptr : &*one;
}

void buyer_session::leave_spot(const domain::event_id& event) {
  std::erase_if(spots_, [&](const spot& one) { return one.event == event; });
}

bool buyer_session::waits_in(const domain::event_id& event) const {
  return spot_in(event) != nullptr;
}

std::optional<domain::queue_number> buyer_session::waits_in(const domain::event_id& event, std::uint64_t visit) const {
  const auto* one = spot_in(event);
  return one && one->visit == visit ? std::optional{one->number} : std::nullopt;
}

void buyer_session::tell_place(const domain::event_id& event, const domain::queue_place& place) {
  auto* one = spot_in(event);
  if (one == nullptr)
    return;
  if (auto present = services_.directory.find(event); one->room != present->room)
    return keep_place(present); // the room does not know of it yet
  if (one->told && one->told->state == place.state && one->told->ahead == place.ahead
      && one->told->eta_high.has_value() == place.eta_high.has_value())
    return;
  one->told = place;
  send(codec::queue_state_frame(std::nullopt,
                                {event, place, one->token, std::nullopt, services_.queue.poll_after(event, place)}));
}

void buyer_session::admitted(const domain::event_id& event, const codec::granted_pass& pass) {
  leave_spot(event);
  remember_pass(event, pass);
  send(codec::queue_admitted_frame(event, pass));
}

void buyer_session::given_up(const messages::place_given_up& news) {
  // Who asked to leave is answered.
  const auto* one = spot_in(news.event);
  const auto* pass = news.pass_until ? pass_for(news.event) : nullptr;
  auto gives_up_place = one != nullptr && one->number == news.number && one->state != spot_state::leaves;
  auto gives_up_pass = pass != nullptr && !pass->leaving;
  if (!gives_up_place && !gives_up_pass)
    return;
  if (gives_up_place)
    leave_spot(news.event);
  if (gives_up_pass)
    forget_pass(news.event);
  send(codec::queue_left_frame(std::nullopt, news.event));
}

buyer_session::known_pass* buyer_session::pass_for(const domain::event_id& event) {
  auto one = std::find_if(passes_.begin(), passes_.end(), [&](const known_pass& each) { return each.event == event; });
  return one == passes_.end() ? nullptr : &*one;
}

void buyer_session::forget_pass(const domain::event_id& event) {
  std::erase_if(passes_, [&](const known_pass& one) { return one.event == event; });
}

void buyer_session::remember_pass(const domain::event_id& event, const codec::granted_pass& pass) {
  forget_pass(event);
  if (!passes_.empty() && passes_.size() >= services_.options.queues_max)
    passes_.erase(passes_.begin());
  passes_.push_back({event, pass.token, pass.expires_at});
}

pass_standing buyer_session::standing_of(const domain::event_id& event, const std::optional<std::string>& pass) {
  const auto* known = pass_for(event);
  auto is_known = known != nullptr && (!pass || *pass == known->token);
  if (!is_known && !pass)
    return pass_standing::none;
  // At the beginning of time every genuine pass is valid.
  auto until =
      is_known ? std::optional{known->until} : services_.tokens.admitted_until(*pass, event, buyer_, domain::instant{});
  if (!until)
    return pass_standing::none;
  if (*until <= services_.now() || services_.passes.is_void(event, buyer_, *until))
    return pass_standing::over;
  if (!is_known)
    remember_pass(event, {*pass, *until});
  return pass_standing::valid;
}

} // namespace usher::gateway
