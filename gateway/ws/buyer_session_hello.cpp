// How a client says who it is, and resumes an earlier session.
#include "gateway/buyer_check.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/options.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/trace_ids.hpp"
#include "gateway/ws/buyer_session.hpp"
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
    return greet(re, who, std::move(made), std::nullopt);
  greeting_ = true;
  ++pending_;
  services_.resumptions.resume(
      earlier->session, who.buyer, name_,
      [self = shared_from_this(), re, who, session = earlier->session](std::optional<kept_session> kept) {
        self->greeting_ = false;
        if (self->sink_ && kept)
          self->resumed_ = session;
        if (self->sink_)
          self->greet(re, who, std::nullopt, std::move(kept));
        self->finished();
      });
}

void buyer_session::greet(const codec::reply_id& re, const codec::buyer_claims& who, std::optional<std::string> token,
                          std::optional<kept_session> kept) {
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
    services_.buyers.note_hold(buyer_, hold);
  for (auto& [event, section] : kept.watches)
    if (auto known = services_.directory.find_shown(event); known && section.value() < known->plan->sections().size())
      watches_.push_back({event, section});
  unpaid_.assign(watches_.begin(), watches_.end());
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
      join(std::nullopt, known, number);
}

} // namespace usher::gateway
