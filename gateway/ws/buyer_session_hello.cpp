// How a client says who it is, and resumes an earlier session.
#include "gateway/buyer_check.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/options.hpp"
#include "gateway/request_limits.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/trace_ids.hpp"
#include "gateway/ws/buyer_session.hpp"
#include "gateway/ws/queue_board.hpp"
#include "gateway/ws/resumption.hpp"

#include <algorithm>

namespace usher::gateway {

void buyer_session::on(codec::reply_id&& re, codec::frames::hello&& frame) {
  if (greeted() || greeting_)
    return send_problem(re, codec::bad_request("/type", "Hello has been said."));
  auto at = services_.now();
  std::optional<codec::session_claims> earlier;
  if (frame.resume) {
    auto checked = services_.tokens.verify_session(frame.resume->session, at);
    if (auto* claims = std::get_if<codec::session_claims>(&checked))
      earlier = std::move(*claims);
  }
  std::optional<std::string> made;
  // The client need not prove its identity again before this ends.
  codec::buyer_claims who{{}, at + services_.options.token_ttl, codec::anonymous_proof};
  if (frame.token) {
    auto checked = check_buyer(services_.tokens, *frame.token, at);
    auto* claims = std::get_if<codec::buyer_claims>(&checked);
    if (!claims)
      return refuse_greeting(re, {});
    who = {claims->buyer, std::min(who.expires_at, claims->expires_at), claims->proof};
    if (earlier && earlier->buyer != who.buyer)
      return refuse_greeting(re, "The session is another buyer's.");
  } else if (earlier) {
    who = {earlier->buyer, std::min(who.expires_at, earlier->expires_at), earlier->proof};
  } else if (services_.options.anonymous) {
    who.buyer = domain::buyer_id{codec::draw_name()};
    made = services_.tokens.sign(who);
  } else {
    return refuse_greeting(re, {});
  }
  name_ = services_.resumptions.draw_name();
  if (!earlier)
    return greet(re, who, std::move(made), std::nullopt, frame);
  greeting_ = true;
  ++pending_;
  services_.resumptions.resume(earlier->session, who.buyer, name_,
                               [self = shared_from_this(), re, who, session = earlier->session,
                                frame = std::move(frame)](std::optional<kept_session> kept) {
                                 self->greeting_ = false;
                                 if (self->sink_ && kept)
                                   self->resumed_ = session;
                                 if (self->sink_)
                                   self->greet(re, who, std::nullopt, std::move(kept), frame);
                                 self->finished();
                               });
}

void buyer_session::greet(const codec::reply_id& re, const codec::buyer_claims& who, std::optional<std::string> token,
                          std::optional<kept_session> kept, const codec::frames::hello& frame) {
  buyer_ = who.buyer;
  proven_until_ = who.expires_at;
  services_.buyers.enter(buyer_, *this);
  services_.metrics.sessions->inc();
  auto at = services_.now();
  codec::welcome said;
  said.session = services_.tokens.sign(codec::session_claims{name_, buyer_, who.expires_at, who.proof});
  said.buyer = buyer_;
  said.token = std::move(token);
  said.server_time = at;
  said.heartbeat = services_.options.heartbeat;
  said.resumed = kept.has_value();
  own_places taken;
  bring_back(frame, said, taken);
  send(codec::welcome_frame(re, said, services_.options.problem_base));
  if (kept)
    go_on_with(std::move(*kept));
  else
    watch_unpaid();
  for (const auto& [event, number] : taken)
    take_back(event, number);
}

/// Says of all that the client had what becomes of it.
void buyer_session::bring_back(const codec::frames::hello& frame, codec::welcome& said, own_places& taken) {
  if (frame.places) {
    said.places.emplace();
    for (const auto& proof : *frame.places)
      said.places->push_back(judge(proof, taken));
  }
  if (frame.watch) {
    said.watches.emplace();
    for (const auto& [event, sections] : *frame.watch)
      for (const auto& section : sections)
        said.watches->push_back(watch_again(event, section));
  }
}

void buyer_session::refuse_greeting(const codec::reply_id& re, std::string detail) {
  send_problem(re, codec::problem_of(domain::rejection::unauthorized, std::move(detail)));
  if (sink_)
    sink_->close(close_code::unauthorized, "unauthorized");
}

void buyer_session::go_on_with(kept_session&& kept) {
  for (const auto& hold : kept.holds)
    services_.buyers.note_hold(buyer_, hold);
  for (auto& [event, section] : kept.watches)
    if (auto known = services_.directory.find_shown(event); known && section.value() < known->plan->sections().size())
      watch_again({event, section});
  watch_unpaid();
  // Nobody has told the client yet what became of these orders meanwhile.
  auto told = [this](const codec::reply_id&, const known_event_ptr& where, answer&& what) {
    const auto& order = std::get<messages::order_view>(what);
    note_order(order);
    send(codec::order_frame(std::nullopt, order, services_.directory.present(where)->names()));
  };
  for (const auto& [event, order] : kept.orders)
    if (auto known = services_.directory.find(event))
      ask(messages::find_order{services_.traces.draw(), event, order, buyer_}, std::nullopt, known, std::nullopt, told);
  for (auto& [event, number] : kept.places)
    if (auto known = services_.directory.find_shown(event))
      take_back(known, number);
}

// ---- what the client says it had --------------------------------------------

codec::returned_place buyer_session::judge(const std::string& token, own_places& taken) {
  auto checked = services_.tokens.verify_queue(token);
  const auto* claims = std::get_if<codec::queue_claims>(&checked);
  if (!claims || claims->buyer != buyer_)
    return {{}, {}, codec::problem_of(domain::rejection::unauthorized, codec::not_their_place)};
  if (auto why = problem_with(claims->event, taken))
    return {claims->event, claims->number, std::move(why)};
  taken.emplace_back(services_.directory.find_shown(claims->event), claims->number);
  return {claims->event, claims->number};
}

std::optional<codec::problem> buyer_session::problem_with(const domain::event_id& event, const own_places& taken) {
  if (!services_.directory.find_shown(event))
    return services_.directory.no_such_event();
  if (std::ranges::any_of(taken, [&](const auto& each) { return each.first->id == event; }))
    return codec::problem_of(domain::rejection::bad_request, "Another of these places is in the same waiting room.");
  if (taken.size() >= services_.options.queues_max)
    return codec::problem_of(domain::rejection::limit_exceeded, "Waiting in too many places at once.");
  // The frame has paid for one.
  return taken.empty() ? std::nullopt : services_.limits.too_often(buyer_, 0);
}

void buyer_session::take_back(const known_event_ptr& event, domain::queue_number number) {
  if (!event->waiting_room)
    return join(std::nullopt, event, std::nullopt);
  if (waits_in(event->id) || spots_.size() >= services_.options.queues_max)
    return;
  auto token = services_.tokens.sign(codec::queue_claims{event->id, buyer_, number});
  spots_.push_back({event->id, std::nullopt, number, ++visits_, std::move(token), std::nullopt});
  services_.queue.enter(event->id, shared_from_this(), visits_);
  keep_place(event);
}

codec::returned_watch buyer_session::watch_again(const domain::event_id& event, const std::string& section) {
  auto known = services_.directory.find_shown(event);
  if (!known)
    return {event, section, services_.directory.no_such_event()};
  auto number = known->plan->find_section(section);
  if (!number)
    return {event, section, codec::problem_of(domain::rejection::not_found, "There is no such section.")};
  watch one{event, *number};
  auto is_new = std::ranges::find(watches_, one) == watches_.end();
  if (is_new && watches_.size() >= services_.options.watches_max)
    return {event, section, codec::problem_of(domain::rejection::limit_exceeded, too_many_watches)};
  watch_again(one);
  return {event, section};
}

void buyer_session::watch_again(const watch& what) {
  if (watches_.size() >= services_.options.watches_max || std::ranges::find(watches_, what) != watches_.end())
    return;
  watches_.push_back(what);
  unpaid_.push_back(what);
}

} // namespace usher::gateway
