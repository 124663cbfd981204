#include "actors/event_orders.hpp"

#include "actors/hold_gathering.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace usher::actors {

namespace {

using domain::order_state;
using domain::rejection;
using messages::to_error;

/// The seats of an order, as its sections need them.
std::vector<checkout_part> parts_of(const domain::order_started& order,
                                    const std::vector<messages::section_actor>& sections) {
  std::vector<checkout_part> result;
  std::unordered_map<domain::section_no, std::size_t> at;
  for (const auto& seat : order.seats) {
    auto [known, is_new] = at.try_emplace(seat.section, result.size());
    if (is_new) {
      domain::ensure(seat.section.value() < sections.size(), "an order's sections are the event's");
      result.push_back({sections[seat.section.value()], {}});
    }
    result[known->second].seats.push_back({seat.seat, seat.price});
  }
  return result;
}

domain::order_started to_fact(const messages::start_order& wish, const messages::hold_granted& hold,
                              domain::instant now) {
  domain::order_started fact{wish.order, wish.hold, wish.buyer, {}, 0, wish.method, wish.key, wish.request_digest, now};
  for (const auto& part : hold.sections)
    for (const auto& seat : part.seats) {
      fact.seats.push_back({part.section, seat.seat, seat.price});
      fact.total += seat.price;
    }
  return fact;
}

} // namespace

event_orders::event_orders(event_common& core, event_holds& holds, std::shared_ptr<payments::provider> provider,
                           const event_limits& limits)
    : core_(core), holds_(holds), provider_(std::move(provider)), limits_(limits) {}

event_orders::~event_orders() {
  for (const auto& [id, checkout] : checkouts_)
    caf::anon_send_exit(checkout.actor, caf::exit_reason::user_shutdown);
}

// ---- requests ----------------------------------------------------------------

caf::result<messages::order_view> event_orders::start(messages::start_order& wish) {
  if (core_.event.find_order(wish.order) != nullptr) {
    auto repeated = core_.event.start_order(to_fact(wish, {}, core_.now()));
    if (const auto* why = domain::refused(repeated))
      return to_error(*why);
    return answer_when_durable(wish.order);
  }
  if (auto closed = core_.event.may_order())
    return to_error(*closed);
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  if (checkouts_.size() + beginning_ >= limits_.checkouts_max)
    return to_error(rejection::overloaded);
  auto sections = holds_.places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<messages::order_view>();
  ++beginning_;
  messages::find_hold question{wish.trace, core_.id, wish.hold, wish.buyer, wish.sections};
  gather_hold(core_.self, *sections, question,
              [this, wish = std::move(wish), asked](caf::expected<messages::hold_granted> hold) mutable {
                --beginning_;
                if (hold)
                  begin(wish, *hold, asked);
                else
                  asked.deliver(std::move(hold.error()));
              });
  return asked;
}

/// Decides, now that the hold is known; everything else may have changed since the hold was asked for.
void event_orders::begin(const messages::start_order& wish, const messages::hold_granted& hold, answer asked) {
  if (holds_.has_more_parts(wish.hold, wish.sections.size()))
    return asked.deliver(to_error(rejection::not_found)); // the name does not cover the whole hold
  auto wanted = to_fact(wish, hold, core_.now());
  auto decision = core_.event.start_order(wanted);
  if (const auto* why = domain::refused(decision))
    return asked.deliver(to_error(*why));
  if (auto obstacle = core_.journal.obstacle())
    return asked.deliver(to_error(*obstacle));
  if (domain::repeated(decision)) {
    if (core_.journal.settled())
      asked.deliver(view(*core_.event.find_order(wish.order)));
    else
      core_.journal.after_all(order_read{wish.order, asked});
    return;
  }
  core_.write(*domain::granted(decision), order_begun{wish.order, wish.trace, asked});
}

caf::result<messages::order_view> event_orders::find(const messages::find_order& wish) {
  if (find_own(wish.order, wish.buyer) == nullptr)
    return to_error(rejection::not_found);
  return answer_when_durable(wish.order);
}

caf::result<messages::order_view> event_orders::cancel(const messages::cancel_order& wish) {
  const auto* order = find_own(wish.order, wish.buyer);
  if (order == nullptr)
    return to_error(rejection::not_found);
  if (order->state() == order_state::confirmed)
    return undo(wish);
  auto decision = core_.event.request_cancel(wish.order, core_.now());
  if (const auto* why = domain::refused(decision))
    return to_error(*why);
  if (domain::repeated(decision))
    return answer_when_durable(wish.order);
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  // From now on it cannot be confirmed; its checkout undoes it when the outcome of the payment is known.
  auto asked = core_.self->make_response_promise<messages::order_view>();
  core_.write(*domain::granted(decision), order_cancel_noted{wish.order, wish.trace, asked});
  return asked;
}

/// A confirmed order: the money goes back, then the seats.
caf::result<messages::order_view> event_orders::undo(const messages::cancel_order& wish) {
  // Its confirmation is still on its way to the journal, and its checkout at work until then.
  if (checkouts_.contains(wish.order))
    return to_error(rejection::in_progress);
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  if (checkouts_.size() + beginning_ >= limits_.checkouts_max)
    return to_error(rejection::overloaded);
  auto decision = core_.event.advance_order(wish.order, order_state::cancelling, "", core_.now());
  if (const auto* why = domain::refused(decision))
    return to_error(*why);
  auto asked = core_.self->make_response_promise<messages::order_view>();
  core_.write(*domain::granted(decision), order_cancelled{wish.order, wish.trace, asked});
  return asked;
}

caf::result<void> event_orders::advance(messages::advance_order& step) {
  auto decision = core_.event.advance_order(step.order, step.state, std::move(step.reason), core_.now());
  if (const auto* why = domain::refused(decision))
    return to_error(*why);
  if (domain::repeated(decision) && core_.journal.settled())
    return {};
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  auto asked = core_.self->make_response_promise<void>();
  if (domain::repeated(decision))
    core_.journal.after_all(step_repeated{asked});
  else
    core_.write(*domain::granted(decision), order_moved{step.order, asked});
  return asked;
}

// ---- once something is durable -----------------------------------------------

void event_orders::began(order_begun& order) {
  carry_on(order.order, order.trace);
  order.asked.deliver(view(*core_.event.find_order(order.order)));
}

void event_orders::moved(order_moved& step) {
  // A failed order is forgotten, or even begun anew, if too many others have failed since.
  if (const auto* order = core_.event.find_order(step.order);
      order != nullptr && order->state() != order_state::started)
    follow_step(*order);
  else
    checkouts_.erase(step.order);
  step.asked.deliver();
}

void event_orders::struck_out(const order_struck_out& order) {
  not_begun_.erase(order.order);
}

/// What follows from the state that an order has reached.
void event_orders::follow_step(const domain::order& order) {
  const auto& details = order.details();
  if (domain::is_final(order.state()))
    checkouts_.erase(details.order);
  if (order.state() == order_state::confirmed) {
    holds_.note_owned(details);
    if (core_.room)
      core_.self->send(core_.room, messages::shopping_ended{core_.id, {details.buyer}});
  }
  if (order.state() == order_state::refunded || order.state() == order_state::cancelled)
    holds_.forget(details.hold);
  for (const auto& gateway : core_.gateways)
    core_.self->send(gateway, messages::order_changed{view(order)});
}

void event_orders::cancel_noted(order_cancel_noted& order) {
  tell_cancelled(order.order, order.trace);
  if (const auto* present = core_.event.find_order(order.order))
    order.asked.deliver(view(*present));
  else
    order.asked.deliver(to_error(rejection::not_found)); // it failed, and is forgotten as many others have since
}

void event_orders::cancelling(order_cancelled& order) {
  const auto* present = core_.event.find_order(order.order);
  carry_on(order.order, order.trace);
  order.asked.deliver(view(*present));
  follow_step(*present);
}

void event_orders::read(order_read& order) {
  if (const auto* present = core_.event.find_order(order.order))
    order.asked.deliver(view(*present));
  else
    order.asked.deliver(to_error(rejection::not_found));
}

void event_orders::not_begun(order_begun& order) {
  not_begun_.insert_or_assign(order.order, order.trace);
  order.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::not_moved(order_moved& step) {
  untold_.insert(step.order);
  step.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::not_cancelled(order_cancelled& order) {
  untold_.insert(order.order);
  order.asked.deliver(to_error(rejection::store_unavailable));
}

// ---- the checkouts -----------------------------------------------------------

void event_orders::resume() {
  for (auto id : std::exchange(untold_, {}))
    if (const auto* order = core_.event.find_order(id))
      follow_step(*order);
  std::erase_if(not_begun_, [this](const auto& denied) { return core_.event.find_order(denied.first) == nullptr; });
  for (auto id : core_.event.orders_under_way()) {
    if (auto denied = not_begun_.find(id); denied != not_begun_.end()) {
      strike_out(id, denied->second);
      continue;
    }
    carry_on(id, {});
    if (core_.event.find_order(id)->cancel_requested_at())
      tell_cancelled(id, {}); // a checkout that survived the outage has not heard of it
  }
}

/// The buyer was told that nothing has changed, so nothing must; they may order again under the same key or another
/// one. The order stays denied until this is durable: if it cannot be written now, the next `resume` does it.
void event_orders::strike_out(domain::order_id id, messages::trace_id trace) {
  log::of("actors").info("{}{} was written although its buyer was told that it was not; it is struck out",
                         messages::line_start(trace), name_of(id));
  auto end = core_.event.advance_order(id, order_state::unacknowledged, "", core_.now());
  domain::ensure(domain::granted(end) != nullptr, "an order that was denied has not gone on");
  core_.write(*domain::granted(end), order_struck_out{id});
}

void event_orders::carry_on(domain::order_id id, messages::trace_id trace) {
  const auto* order = core_.event.find_order(id);
  if (checkouts_.contains(id) || core_.sections.empty())
    return;
  log::of("actors").debug("{}{} is {}; its checkout begins", messages::line_start(trace), name_of(id),
                          domain::to_string(order->state()));
  auto checkout = spawn_checkout(core_.self->system(), {core_.id, *order, core_.event.settings().currency,
                                                        parts_of(order->details(), core_.sections), core_.handle(),
                                                        provider_, limits_.checkout, trace});
  core_.self->monitor(checkout);
  checkouts_.emplace(id, running_checkout{std::move(checkout), trace});
}

void event_orders::tell_cancelled(domain::order_id id, messages::trace_id trace) {
  if (auto checkout = checkouts_.find(id); checkout != checkouts_.end())
    core_.self->send(checkout->second.actor, messages::cancel_requested{trace, id});
}

void event_orders::checkout_down(const caf::actor_addr& gone) {
  auto lost = std::find_if(checkouts_.begin(), checkouts_.end(),
                           [&](const auto& each) { return each.second.actor.address() == gone; });
  if (lost == checkouts_.end())
    return; // its order has ended
  auto id = lost->first;
  auto trace = lost->second.trace;
  log::of("actors").error("{}{}: its checkout broke; another one takes it up", messages::line_start(trace),
                          name_of(id));
  core_.self->run_delayed(limits_.respawn, [this, id, gone, trace] {
    auto broken = checkouts_.find(id);
    if (broken == checkouts_.end() || broken->second.actor.address() != gone)
      return;
    checkouts_.erase(broken);
    if (const auto* order = core_.event.find_order(id); order != nullptr && order->under_way())
      carry_on(id, trace);
  });
}

// ---- readings ----------------------------------------------------------------

/// As the order's buyer knows it.
std::string event_orders::name_of(domain::order_id id) const {
  return "order " + core_.id.value() + "~" + domain::to_hex(id);
}

const domain::order* event_orders::find_own(domain::order_id id, const domain::buyer_id& buyer) const {
  const auto* order = core_.event.find_order(id);
  return order != nullptr && order->details().buyer == buyer ? order : nullptr;
}

messages::order_view event_orders::view(const domain::order& order) const {
  const auto& details = order.details();
  return {core_.id,      details.order, details.hold,   details.buyer, order.state(),
          details.total, details.seats, order.reason(), details.at,    order.cancel_requested_at().has_value()};
}

/// An order's present state, once all that is known of it is durable.
caf::result<messages::order_view> event_orders::answer_when_durable(domain::order_id id) {
  if (core_.journal.settled())
    return view(*core_.event.find_order(id));
  if (core_.journal.standing() != shard_standing::writing)
    return to_error(rejection::store_unavailable);
  if (core_.journal.full())
    return to_error(rejection::overloaded);
  auto asked = core_.self->make_response_promise<messages::order_view>();
  core_.journal.after_all(order_read{id, asked});
  return asked;
}

std::uint64_t event_orders::confirmed() const {
  const auto& orders = core_.event.orders();
  return static_cast<std::uint64_t>(std::count_if(
      orders.begin(), orders.end(), [](const auto& each) { return each.second.state() == order_state::confirmed; }));
}

} // namespace usher::actors
