// How a client says who it is, and resumes an earlier session.
#include "gateway/thread/session_thread.hpp"
#include "gateway/ws/buyer_session.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace usher::gateway {

void buyer_session::on(codec::reply_id&& re, codec::frames::hello&& frame) {
  if (greeted() || greeting_)
    return send_problem(re, codec::bad_request("/type", "Hello has been said."));
  auto at = thread_.now();
  std::optional<codec::session_claims> earlier;
  if (frame.resume) {
    auto checked = thread_.tokens().verify_session(frame.resume->session, at);
    if (auto* claims = std::get_if<codec::session_claims>(&checked))
      earlier = std::move(*claims);
  }
  std::optional<std::string> made;
  // The client need not prove its identity again before this ends.
  codec::buyer_claims who{{}, at + thread_.options().token_ttl, codec::anonymous_proof};
  if (frame.token) {
    auto checked = thread_.verify_buyer(*frame.token);
    auto* claims = std::get_if<codec::buyer_claims>(&checked);
    if (!claims)
      return refuse_greeting(re, {});
    who = {claims->buyer, std::min(who.expires_at, claims->expires_at), claims->proof};
    if (earlier && earlier->buyer != who.buyer)
      return refuse_greeting(re, "The session is another buyer's.");
  } else if (earlier) {
    who = {earlier->buyer, std::min(who.expires_at, earlier->expires_at), earlier->proof};
  } else if (thread_.options().anonymous) {
    who.buyer = domain::buyer_id{codec::draw_name()};
    made = thread_.tokens().sign(who);
  } else {
    return refuse_greeting(re, {});
  }
  if (!earlier)
    return greet(re, who, std::move(made), std::nullopt);
  greeting_ = true;
  ++pending_;
  thread_.resume(earlier->session, who.buyer, [self = shared_from_this(), re, who](std::optional<kept_session> kept) {
    self->greeting_ = false;
    if (self->sink_)
      self->greet(re, who, std::nullopt, std::move(kept));
    self->finished();
  });
}

void buyer_session::greet(const codec::reply_id& re, const codec::buyer_claims& who, std::optional<std::string> token,
                          std::optional<kept_session> kept) {
  buyer_ = who.buyer;
  proven_until_ = who.expires_at;
  name_ = fmt::format("{}-{}", thread_.number(), codec::draw_name());
  thread_.buyers().enter(buyer_, *this);
  thread_.metrics().sessions->inc();
  auto at = thread_.now();
  codec::welcome said;
  said.session = thread_.tokens().sign(codec::session_claims{name_, buyer_, who.expires_at, who.proof});
  said.buyer = buyer_;
  said.token = std::move(token);
  said.server_time = at;
  said.heartbeat = thread_.options().heartbeat;
  said.resumed = kept.has_value();
  send(codec::welcome_frame(re, said));
  if (kept)
    go_on_with(std::move(*kept));
}

void buyer_session::refuse_greeting(const codec::reply_id& re, std::string detail) {
  send_problem(re, codec::problem_of(domain::rejection::unauthorized, std::move(detail)));
  if (sink_)
    sink_->close(close_code::unauthorized, "unauthorized");
}

void buyer_session::go_on_with(kept_session&& kept) {
  for (const auto& hold : kept.holds)
    thread_.buyers().note_hold(buyer_, hold);
  for (auto& [event, section] : kept.watches) {
    auto known = thread_.directory().find(event);
    if (!known || section.value() >= known->plan->sections().size())
      continue;
    watches_.push_back({event, section});
    ++pending_;
    thread_.seats().watch(known, section, shared_from_this(), std::nullopt);
  }
  // What became of them meanwhile was told to nobody.
  auto told = [this](const codec::reply_id&, const known_event_ptr& where, answer&& what) {
    const auto& order = std::get<messages::order_view>(what);
    note_order(order);
    send(codec::order_frame(std::nullopt, order, thread_.directory().present(where)->names()));
  };
  for (const auto& [event, order] : kept.orders)
    if (auto known = thread_.directory().find(event))
      ask(messages::find_order{thread_.draw_trace(), event, order, buyer_}, std::nullopt, known, std::nullopt, told);
  for (auto& [event, number] : kept.places)
    if (auto known = thread_.directory().find(event))
      join(std::nullopt, known, number);
}

} // namespace usher::gateway
