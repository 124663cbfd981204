#include "gateway/ws/buyer_session.hpp"

#include "codec/decode.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/options.hpp"
#include "gateway/request_limits.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/hold_request.hpp"
#include "gateway/thread/order_request.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/own_things.hpp"
#include "gateway/thread/trace_ids.hpp"
#include "gateway/ws/queue_board.hpp"
#include "gateway/ws/resumption.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace usher::gateway {
namespace {

/// Nobody waits for more payments at once.
constexpr std::size_t orders_kept = 16;

/// Watching again what was watched before a connection was lost takes at most one of so many requests that the buyer
/// regains, and at most so many a second; but one in any case.
constexpr double resumed_share = 4;
constexpr double resumed_per_s_max = 5;

spdlog::logger& logger() {
  static auto& kept = log::of("gateway");
  return kept;
}

} // namespace

buyer_session::buyer_session(const buyer_services& services, frame_sink& sink, visitor from)
    : services_(services), sink_(&sink), from_(std::move(from)) {}

buyer_session::~buyer_session() {
  gone();
}

void buyer_session::receive(std::string_view text) {
  // Before anything is read: whoever sends too much is to cost as little as possible.
  auto refused = too_often(text.size());
  if (refused
      && strikes_.count(requests_in(text.size()), services_.options.strikes_max, std::chrono::steady_clock::now()))
    return sink_->close(close_code::rate_limited, "too many requests");
  auto frame = services_.decoder.decode(text);
  // With neither an id nor a member at fault, this was not a JSON object at all.
  if (auto* wrong = std::get_if<codec::problem>(&frame.content); wrong && !frame.id && wrong->pointer.empty())
    return sink_->close(close_code::bad_frame, "a frame must be a JSON object");
  if (!greeted() && !std::holds_alternative<codec::frames::hello>(frame.content)) {
    auto* wrong = std::get_if<codec::problem>(&frame.content);
    if (!wrong)
      return refuse_greeting(frame.id, "Say hello first.");
    send_problem(frame.id, *wrong);
    return sink_->close(close_code::bad_frame, "the first frame must be a hello");
  }
  if (!resumed_.empty())
    services_.resumptions.use_up(std::exchange(resumed_, {}), name_);
  if (refused)
    return send_problem(frame.id, *refused);
  std::visit([&](auto& content) { on(std::move(frame.id), std::move(content)); }, frame.content);
}

std::optional<codec::problem> buyer_session::too_often(std::size_t bytes) {
  auto refused = services_.limits.too_often(from_, bytes);
  return refused || !greeted() ? refused : services_.limits.too_often(buyer_, bytes);
}

bool buyer_session::takes_more() const {
  return !greeting_ && pending_ < services_.options.connection_requests_max;
}

void buyer_session::gone() {
  sink_ = nullptr;
  if (!greeted())
    return;
  kept_session kept{buyer_, {}, {}, services_.buyers.holds_of(buyer_), std::move(orders_)};
  for (auto& one : watches_) {
    services_.seats.unwatch(one.event, one.section, *this);
    kept.watches.emplace_back(one.event, one.section);
  }
  services_.buyers.leave(buyer_, *this);
  for (auto& one : spots_) {
    if (one.state != spot_state::leaves)
      kept.places.emplace_back(one.event, one.number);
    services_.queue.left(one.event, buyer_);
  }
  if (!name_.empty())
    services_.resumptions.keep(name_, std::move(kept), std::chrono::steady_clock::now());
  services_.metrics.sessions->dec();
  buyer_ = {};
  owed_.clear();
  unpaid_.clear();
  watches_.clear();
  spots_.clear();
}

void buyer_session::replace(bool keep) {
  if (!keep)
    name_.clear();
  auto* sink = sink_;
  gone();
  if (sink)
    sink->close(close_code::replaced, "the client went on with another connection");
}

void buyer_session::send(std::string frame) {
  send(outgoing_frame{std::move(frame)});
}

void buyer_session::send(outgoing_frame frame) {
  if (sink_)
    sink_->send(std::move(frame));
}

void buyer_session::send_problem(const codec::reply_id& re, const codec::problem& what) {
  services_.metrics.problems->inc();
  send(codec::encode_problem_frame(re, what, services_.options.problem_base));
}

void buyer_session::finished() {
  --pending_;
  if (sink_)
    sink_->request_answered();
}

known_event_ptr buyer_session::event_for(const codec::reply_id& re, const domain::event_id& event) {
  auto known = services_.directory.find(event);
  if (!known)
    send_problem(re, services_.directory.no_such_event());
  return known;
}

known_event_ptr buyer_session::shown_event_for(const codec::reply_id& re, const domain::event_id& event) {
  auto known = services_.directory.find_shown(event);
  if (!known)
    send_problem(re, services_.directory.no_such_event());
  return known;
}

std::optional<domain::section_no> buyer_session::section_for(const codec::reply_id& re, const known_event_ptr& event,
                                                             const std::string& section) {
  auto number = event ? event->plan->find_section(section) : std::nullopt;
  if (event && !number)
    send_problem(re, codec::problem_of(domain::rejection::not_found, "There is no such section."));
  return number;
}

void buyer_session::ask(messages::session_request&& request, codec::reply_id re, known_event_ptr event,
                        std::optional<domain::section_no> section, then success) {
  auto answered = [self = shared_from_this(), re, event = std::move(event), section,
                   success = std::move(success)](answer&& what) {
    if (!self->failed(re, event, section, what))
      success(re, event, std::move(what));
    self->finished();
  };
  ++pending_;
  if (!services_.requests.ask(std::move(request), std::move(answered), outbox::clock::now())) {
    --pending_;
    send_problem(re, codec::problem_of(domain::rejection::overloaded));
  }
}

bool buyer_session::failed(const codec::reply_id& re, const known_event_ptr& event,
                           std::optional<domain::section_no> section, const answer& what) {
  if (const auto* why = std::get_if<domain::refusal>(&what)) {
    send_problem(re, codec::to_problem(*why, event ? event->plan.get() : nullptr, section));
    return true;
  }
  if (!std::holds_alternative<lost>(what))
    return false;
  // Whether it was done is unknown, and no answer may claim either. The client comes back and repeats it.
  if (sink_)
    sink_->close(close_code::overloaded, "no answer in time");
  return true;
}

// ---- seats ------------------------------------------------------------------

void buyer_session::on(codec::reply_id&& re, codec::frames::watch_seats&& frame) {
  auto event = shown_event_for(re, frame.event);
  auto section = section_for(re, event, frame.section);
  if (!section)
    return;
  watch one{event->id, *section};
  if (std::find(watches_.begin(), watches_.end(), one) == watches_.end()) {
    if (watches_.size() >= services_.options.watches_max)
      return send_problem(re, codec::problem_of(domain::rejection::limit_exceeded, too_many_watches));
    watches_.push_back(one);
  }
  std::erase(unpaid_, one);
  ++pending_;
  services_.seats.watch(event, *section, shared_from_this(), std::move(re));
}

bool buyer_session::has_room() const {
  return sink_ != nullptr && sink_->has_room();
}

void buyer_session::watch_later(const domain::event_id& event, domain::section_no section, codec::reply_id re) {
  if (sink_ == nullptr)
    return;
  ++pending_;
  owed_.push_back({{event, section}, std::move(re)});
}

void buyer_session::drained() {
  while (!owed_.empty() && has_room()) {
    auto [what, re] = std::move(owed_.front());
    owed_.pop_front();
    auto event = services_.directory.find_shown(what.event);
    if (event && what.section.value() < event->plan->sections().size()) {
      services_.seats.watch(event, what.section, shared_from_this(), std::move(re));
      if (std::find(watches_.begin(), watches_.end(), what) == watches_.end())
        services_.seats.unwatch(what.event, what.section, *this); // the client has changed its mind
      continue;
    }
    if (re)
      send_problem(re, codec::problem_of(domain::rejection::not_found, "There is no such section."));
    finished();
  }
}

void buyer_session::sweep() {
  if (!unpaid_.empty())
    watch_unpaid();
}

std::size_t buyer_session::resumed_per_s() const {
  auto share = services_.options.per_buyer.per_s / resumed_share;
  return static_cast<std::size_t>(std::clamp(share, 1.0, resumed_per_s_max));
}

void buyer_session::watch_unpaid() {
  auto more = resumed_per_s();
  while (more > 0 && !unpaid_.empty() && has_room()) {
    auto what = unpaid_.front();
    auto event = services_.directory.find_shown(what.event);
    auto is_there = event && what.section.value() < event->plan->sections().size();
    // The buyer's bucket is asked first: while it is empty, the address pays for nothing.
    if (is_there && (services_.limits.too_often(buyer_, 0) || services_.limits.too_often(from_, 0)))
      return;
    unpaid_.pop_front();
    if (!is_there)
      continue;
    --more;
    ++pending_;
    services_.seats.watch(event, what.section, shared_from_this(), std::nullopt);
  }
}

void buyer_session::watch_refused(const domain::event_id& event, domain::section_no section, const codec::reply_id& re,
                                  const codec::problem& why) {
  std::erase(watches_, watch{event, section});
  send_problem(re, why);
}

void buyer_session::on(codec::reply_id&& re, codec::frames::unwatch_seats&& frame) {
  auto event = event_for(re, frame.event);
  if (!event)
    return;
  // A watched section may have left the plan since.
  auto watched = std::find_if(watches_.begin(), watches_.end(), [&](const watch& one) {
    return one.event == event->id && event->plan->section(one.section).id == frame.section;
  });
  auto section = watched != watches_.end() ? std::optional{watched->section} : section_for(re, event, frame.section);
  if (!section)
    return;
  std::erase(watches_, watch{event->id, *section});
  std::erase(unpaid_, watch{event->id, *section});
  services_.seats.unwatch(event->id, *section, *this);
  send(codec::seats_unwatched_frame(re, event->id, frame.section));
}

// ---- holds and orders -------------------------------------------------------

void buyer_session::on(codec::reply_id&& re, codec::frames::hold&& frame) {
  auto event = shown_event_for(re, frame.event);
  if (!event)
    return;
  auto pass = event->waiting_room ? standing_of(event->id, frame.pass) : pass_standing::valid;
  // The event knows whether it is a repeat, which gets its answer even when the pass is over.
  if (pass == pass_standing::none || (pass == pass_standing::over && !frame.key))
    return send_problem(re, codec::problem_of(domain::rejection::not_admitted));
  auto wish = codec::resolve(frame.places, *event->plan);
  if (auto* wrong = std::get_if<codec::problem>(&wish))
    return send_problem(re, *wrong);
  auto& wanted = std::get<codec::resolved_wish>(wish);
  auto section = codec::only_section(wanted);
  auto request = hold_request(services_.traces.draw(), event->id, buyer_, frame.key.value_or(std::string{}),
                              frame.places, std::move(wanted), pass == pass_standing::valid);
  logger().debug("[{:016x}] hold in {} for {}", request.trace.value(), event->id.value(), buyer_.value());
  auto held = [this](const codec::reply_id& to, const known_event_ptr& where, answer&& what) {
    const auto& granted = std::get<messages::hold_granted>(what);
    if (greeted())
      services_.buyers.note_hold(buyer_, granted);
    send(codec::held_frame(to, granted, services_.directory.present(where)->names()));
  };
  ask(std::move(request), std::move(re), std::move(event), section, held);
}

void buyer_session::on(codec::reply_id&& re, codec::frames::release&& frame) {
  auto event = event_for(re, frame.hold.event);
  if (!event)
    return;
  if (auto refused = services_.limits.gives_back_too_often(buyer_, from_))
    return send_problem(re, *refused);
  messages::release_hold request{services_.traces.draw(), event->id, frame.hold.hold, buyer_, frame.hold.sections};
  auto released = [this, name = std::move(frame.hold)](const codec::reply_id& to, const known_event_ptr&, answer&&) {
    send(codec::released_frame(to, name));
  };
  ask(std::move(request), std::move(re), std::move(event), std::nullopt, released);
}

void buyer_session::on(codec::reply_id&& re, codec::frames::order&& frame) {
  auto event = event_for(re, frame.hold.event);
  if (!event)
    return;
  messages::start_order request = order_request(services_.traces.draw(), buyer_, frame.hold, frame.key, frame.method);
  logger().debug("[{:016x}] order in {} for {}", request.trace.value(), event->id.value(), buyer_.value());
  auto ordered = [this](const codec::reply_id& to, const known_event_ptr& where, answer&& what) {
    const auto& order = std::get<messages::order_view>(what);
    note_order(order);
    send(codec::order_frame(to, order, services_.directory.present(where)->names()));
  };
  ask(std::move(request), std::move(re), std::move(event), std::nullopt, ordered);
}

void buyer_session::tell_order(const messages::order_view& order, const shared_frame& frame) {
  note_order(order);
  send({{}, frame});
}

void buyer_session::note_order(const messages::order_view& order) {
  codec::order_name name{order.event, order.order};
  std::erase(orders_, name);
  if (domain::is_final(order.state))
    return;
  if (orders_.size() >= orders_kept)
    orders_.erase(orders_.begin());
  orders_.push_back(std::move(name));
}

void buyer_session::on(codec::reply_id&& re, codec::frames::list_own&& frame) {
  auto told = [self = shared_from_this(), re](const codec::own_answer& all) {
    self->note_own(all);
    self->send(codec::own_frame(re, all));
    self->finished();
  };
  ++pending_;
  if (auto wrong = services_.own.gather(buyer_, services_.traces.draw(), frame, told)) {
    --pending_;
    send_problem(re, *wrong);
  }
}

void buyer_session::note_own(const codec::own_answer& all) {
  if (!greeted())
    return;
  for (const auto& here : all.events) {
    if (!here.list)
      continue;
    for (const auto& hold : here.list->holds)
      services_.buyers.note_hold(buyer_, hold);
    for (const auto& order : here.list->orders)
      note_order(order);
  }
}

void buyer_session::on(codec::reply_id&& re, codec::frames::ping&&) {
  send(codec::pong_frame(re, services_.now()));
}

void buyer_session::on(codec::reply_id&& re, codec::problem&& frame) {
  send_problem(re, frame);
}

} // namespace usher::gateway
