#include "actors/event_orders.hpp"

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
      result.push_back({{seat.section, sections[seat.section.value()]}, {}});
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

order_read reading(const domain::order& order, rejection if_unwritten,
                   caf::typed_response_promise<messages::order_view> asked) {
  return {order.details().order, order.state(), order.unwanted(), if_unwritten, std::move(asked)};
}

} // namespace

event_orders::event_orders(event_common& core, event_holds& holds, std::shared_ptr<payments::provider> provider,
                           const event_limits& limits)
    : core_(core), holds_(holds), provider_(std::move(provider)), limits_(limits) {
  (void)stuck_orders(core.self->system()); // shown from the start, with 0
}

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
    return answer_when_durable(wish.order, rejection::store_unavailable);
  }
  if (auto closed = core_.event.may_order())
    return to_error(*closed);
  if (auto obstacle = obstacle_to_checkout())
    return to_error(*obstacle);
  auto sections = holds_.places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<messages::order_view>();
  ++beginning_;
  messages::find_hold question{wish.trace, core_.id, wish.hold, wish.buyer, wish.sections};
  core_.read_hold(*sections, question, [this, wish = std::move(wish), asked](event_common::whole_hold hold) mutable {
    --beginning_;
    if (const auto* why = std::get_if<domain::refusal>(&hold))
      asked.deliver(to_error(*why));
    else
      begin(wish, std::get<messages::hold_granted>(hold), asked);
    core_.request_over();
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
      core_.journal.after_all(reading(*core_.event.find_order(wish.order), rejection::store_unavailable, asked));
    return;
  }
  write(wish.order, *domain::granted(decision), order_begun{wish.order, wish.trace, asked});
}

caf::result<messages::order_view> event_orders::find(const messages::find_order& wish) {
  if (find_own(wish.order, wish.buyer) == nullptr)
    return to_error(rejection::not_found);
  return answer_when_durable(wish.order, rejection::not_found);
}

caf::result<messages::order_view> event_orders::cancel(const messages::cancel_order& wish) {
  const auto* order = find_own(wish.order, wish.buyer);
  if (order == nullptr)
    return to_error(rejection::not_found);
  if (order->state() == order_state::confirmed)
    return undo(core_.event.cancel_order(wish.order, core_.now()), wish.order, wish.trace);
  auto decision = core_.event.request_cancel(wish.order, core_.now());
  if (const auto* why = domain::refused(decision))
    return to_error(*why);
  if (domain::repeated(decision))
    return answer_when_durable(wish.order, rejection::store_unavailable);
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  // From now on it cannot be confirmed; its checkout undoes it when the outcome of the payment is known.
  auto asked = core_.self->make_response_promise<messages::order_view>();
  write(wish.order, *domain::granted(decision), order_cancel_noted{wish.order, wish.trace, asked});
  return asked;
}

caf::result<messages::order_view> event_orders::refund(const messages::refund_order& wish) {
  return undo(core_.event.refund_order(wish.order, core_.now()), wish.order, wish.trace);
}

/// Why no other checkout may start now.
std::optional<rejection> event_orders::obstacle_to_checkout() const {
  if (auto obstacle = core_.journal.obstacle())
    return obstacle;
  if (checkouts_.size() + beginning_ + undoing_.size() >= limits_.checkouts_max)
    return rejection::overloaded;
  return std::nullopt;
}

/// The money of a confirmed order goes back, then the seats; one that is given up lets go of its seats at once.
caf::result<messages::order_view> event_orders::undo(const domain::decision<domain::order_advanced>& decision,
                                                     domain::order_id id, messages::trace_id trace) {
  if (const auto* why = domain::refused(decision))
    return to_error(*why);
  if (domain::repeated(decision))
    return answer_when_durable(id, rejection::store_unavailable);
  const auto& step = *domain::granted(decision);
  if (step.state == order_state::cancelling) {
    // Its confirmation is still on its way to the journal, and its checkout at work until then.
    if (checkouts_.contains(id))
      return to_error(rejection::in_progress);
    if (auto obstacle = obstacle_to_checkout())
      return to_error(*obstacle);
    undoing_.insert(id);
  } else if (auto obstacle = core_.journal.obstacle()) {
    return to_error(*obstacle);
  }
  auto asked = core_.self->make_response_promise<messages::order_view>();
  write(id, step, order_undone{id, step.state, trace, asked});
  return asked;
}

caf::result<messages::refund_progress> event_orders::refund_all(const messages::refund_orders& wish) {
  if (auto why = core_.event.may_refund_all())
    return to_error(*why);
  std::vector<domain::order_id> standing;
  for (const auto& [id, order] : core_.event.orders())
    if (order.state() == order_state::confirmed && !checkouts_.contains(id))
      standing.push_back(id);
  std::uint64_t begun = 0;
  for (auto id : standing) {
    if (obstacle_to_checkout())
      break;
    auto decision = core_.event.refund_order(id, core_.now());
    undoing_.insert(id);
    write(id, *domain::granted(decision), order_undone{id, order_state::cancelling, wish.trace, {}});
    ++begun;
  }
  if (begun == 0 && (core_.journal.standing_down() || !core_.journal.settled()))
    if (auto obstacle = core_.journal.obstacle())
      return to_error(*obstacle);
  if (begun > 0)
    log::of("actors").info("{}event {}: an operator has {} of its orders refunded", messages::line_start(wish.trace),
                           core_.id.value(), begun);
  auto asked = core_.self->make_response_promise<messages::refund_progress>();
  refunds_begun news{begun, asked};
  if (core_.journal.settled())
    told(news);
  else if (core_.journal.full())
    return to_error(rejection::overloaded);
  else
    core_.journal.after_all(std::move(news));
  return asked;
}

caf::result<void> event_orders::advance(messages::advance_order& step) {
  auto decision = core_.event.advance_order(step.order, step.state, std::move(step.reason), core_.now());
  if (const auto* why = domain::refused(decision)) {
    if (core_.journal.settled())
      return to_error(*why);
    // What it is refused for may come to nothing.
    if (auto obstacle = core_.journal.obstacle())
      return to_error(*obstacle);
    auto told = core_.self->make_response_promise<void>();
    core_.journal.after_all(step_refused{*why, told});
    return told;
  }
  if (domain::repeated(decision) && core_.journal.settled())
    return {};
  if (auto obstacle = core_.journal.obstacle())
    return to_error(*obstacle);
  auto asked = core_.self->make_response_promise<void>();
  if (domain::repeated(decision))
    core_.journal.after_all(step_repeated{asked});
  else
    write(step.order, *domain::granted(decision), order_moved{step.order, step.state, asked});
  return asked;
}

// ---- once something is durable -----------------------------------------------

template <class Fact>
void event_orders::write(domain::order_id id, const Fact& fact, event_once_durable next) {
  auto& order = in_flight_[id];
  if (const auto* present = core_.event.find_order(id); order.facts++ == 0 && present != nullptr)
    order.before = *present;
  core_.write(fact, std::move(next));
}

/// One more fact about an order is durable. True when it was the last one, and the gateways have yet to be told.
bool event_orders::note_written(domain::order_id id) {
  auto found = in_flight_.find(id);
  if (found == in_flight_.end() || --found->second.facts > 0)
    return false;
  auto is_owed = found->second.is_owed;
  in_flight_.erase(found);
  return is_owed;
}

/// Answers with the order's state: now if all of it is durable, else when what was decided since is.
void event_orders::answer_settled(const domain::order& order, answer asked) {
  if (in_flight_.contains(order.details().order))
    core_.journal.after_all(reading(order, rejection::not_found, std::move(asked)));
  else
    asked.deliver(view(order));
}

void event_orders::began(order_begun& order) {
  note_written(order.order);
  carry_on(order.order, order.trace);
  answer_settled(*core_.event.find_order(order.order), order.asked);
}

void event_orders::moved(order_moved& step) {
  note_written(step.order);
  // A failed order is forgotten, or even begun anew, if too many others have failed since.
  if (const auto* order = core_.event.find_order(step.order);
      order != nullptr && order->state() != order_state::started)
    follow_step(*order, step.to);
  else
    forget(step.order);
  step.asked.deliver();
}

/// The order has ended, and nothing more is known of it.
void event_orders::forget(domain::order_id id) {
  checkouts_.erase(id);
  holds_.count_payments_again();
}

/// What follows from a state that an order has reached. It may have been decided since that the order goes further;
/// what follows from that comes when it is durable.
void event_orders::follow_step(const domain::order& order, order_state reached) {
  const auto& details = order.details();
  if (domain::is_final(reached))
    checkouts_.erase(details.order);
  if (reached == order_state::confirmed) {
    holds_.note_owned(details);
    if (core_.room)
      core_.self->send(core_.room, messages::shopping_ended{core_.id, {details.buyer}});
  }
  if (reached == order_state::refunded || reached == order_state::cancelled)
    holds_.forget(details.hold);
  if (reached == order_state::failed || reached == order_state::given_up)
    holds_.payment_ended(details.hold);
  tell_gateways(order);
}

/// Says how an order stands, unless more of it is about to be durable: then that is what they are told.
void event_orders::tell_gateways(const domain::order& order) {
  if (auto more = in_flight_.find(order.details().order); more != in_flight_.end()) {
    more->second.is_owed = true;
    return;
  }
  for (const auto& gateway : core_.gateways)
    core_.self->send(gateway, messages::order_changed{view(order)});
}

void event_orders::cancel_noted(order_cancel_noted& order) {
  auto is_owed = note_written(order.order);
  if (const auto* present = core_.event.find_order(order.order)) {
    tell_unwanted(*present, order.trace);
    answer_settled(*present, order.asked);
    if (is_owed)
      tell_gateways(*present);
  } else {
    order.asked.deliver(to_error(rejection::not_found)); // it failed, and is forgotten as many others have since
  }
}

void event_orders::undone(order_undone& order) {
  const auto* present = core_.event.find_order(order.order);
  domain::ensure(present != nullptr, "an order that is being undone is not forgotten");
  note_written(order.order);
  undoing_.erase(order.order);
  if (order.to == order_state::given_up)
    tell_unwanted(*present, order.trace);
  carry_on(order.order, order.trace);
  if (order.asked.pending())
    answer_settled(*present, order.asked);
  follow_step(*present, order.to);
}

void event_orders::told(refunds_begun& refunds) {
  refunds.asked.deliver(messages::refund_progress{core_.id, refunds.count, confirmed(), checkouts_.size()});
}

void event_orders::read(order_read& order) {
  if (const auto* present = core_.event.find_order(order.order))
    answer_settled(*present, order.asked);
  else
    order.asked.deliver(to_error(rejection::not_found));
}

// ---- or once the journal was reread ------------------------------------------

void event_orders::answer_by_history(order_begun& order) {
  if (core_.event.find_order(order.order) != nullptr)
    began(order);
  else
    order.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::answer_by_history(order_moved& step) {
  // An order that is not there any more, or was begun anew, was forgotten with this step.
  const auto* order = core_.event.find_order(step.order);
  auto was_forgotten = [&] { return step.to == order_state::failed && order->state() == order_state::started; };
  if (order != nullptr && !order->visited(step.to) && !was_forgotten())
    step.asked.deliver(to_error(rejection::store_unavailable));
  else
    moved(step);
}

void event_orders::answer_by_history(order_cancel_noted& order) {
  if (const auto* present = core_.event.find_order(order.order); present != nullptr && present->unwanted())
    cancel_noted(order);
  else
    order.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::answer_by_history(order_undone& order) {
  if (const auto* present = core_.event.find_order(order.order); present != nullptr && present->visited(order.to))
    return undone(order);
  undoing_.erase(order.order);
  if (order.asked.pending())
    order.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::answer_by_history(refunds_begun& refunds) {
  refunds.asked.deliver(to_error(rejection::store_unavailable));
}

void event_orders::answer_by_history(order_read& order) {
  // To a mere reader any state is an answer, to whoever repeats a request only one that has it.
  const auto* present = core_.event.find_order(order.order);
  auto is_reader = order.if_unwritten == rejection::not_found;
  auto has_come = [&] { return present->visited(order.state) && (present->unwanted() || !order.unwanted); };
  if (present != nullptr && (is_reader || has_come()))
    order.asked.deliver(view(*present));
  else
    order.asked.deliver(to_error(order.if_unwritten));
}

void event_orders::answer_by_history(step_refused& step) {
  step.asked.deliver(to_error(rejection::store_unavailable)); // the checkout takes it once more
}

void event_orders::answer_by_history(step_repeated& step) {
  step.asked.deliver(to_error(rejection::store_unavailable)); // the checkout takes it once more
}

// ---- the checkouts -----------------------------------------------------------

void event_orders::resume() {
  for (auto id : core_.event.orders_under_way()) {
    carry_on(id, {});
    // A checkout that survived an outage may not have heard of it.
    if (const auto& order = *core_.event.find_order(id); order.unwanted())
      tell_unwanted(order, {});
  }
}

void event_orders::carry_on(domain::order_id id, messages::trace_id trace) {
  const auto* order = core_.event.find_order(id);
  if (checkouts_.contains(id) || core_.sections.empty())
    return;
  log::of("actors").debug("{}{} is {}; its checkout begins", messages::line_start(trace), name_of(id),
                          domain::to_string(order->state()));
  auto checkout = spawn_checkout(core_.self->system(), {core_.id, *order, core_.event.settings().currency,
                                                        parts_of(order->details(), core_.sections), core_.handle(),
                                                        core_.as_of, provider_, limits_.checkout, trace});
  core_.self->monitor(checkout);
  checkouts_.emplace(id, running_checkout{std::move(checkout), trace});
}

void event_orders::tell_unwanted(const domain::order& order, messages::trace_id trace) {
  auto id = order.details().order;
  if (auto checkout = checkouts_.find(id); checkout != checkouts_.end())
    core_.self->send(checkout->second.actor,
                     messages::cancel_requested{trace, id, order.visited(order_state::given_up)});
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
  core_.self->run_delayed(limits_.respawn, [this, id, gone, trace] { take_up(id, gone, trace); });
}

/// Gives an order another checkout for the one that is gone, which goes on from where the order durably is.
void event_orders::take_up(domain::order_id id, const caf::actor_addr& gone, messages::trace_id trace) {
  auto broken = checkouts_.find(id);
  if (broken == checkouts_.end() || broken->second.actor.address() != gone)
    return;
  if (in_flight_.contains(id) && core_.journal.standing() == shard_standing::writing) {
    core_.self->run_delayed(limits_.respawn, [this, id, gone, trace] { take_up(id, gone, trace); });
    return;
  }
  checkouts_.erase(broken);
  if (core_.journal.standing() != shard_standing::writing)
    return; // `resume` does it when the history is known
  if (const auto* order = core_.event.find_order(id); order != nullptr && order->under_way())
    carry_on(id, trace);
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
  return {core_.id,      details.order,  details.hold, details.buyer, order.state(),    details.total,
          details.seats, order.reason(), details.at,   order.since(), order.unwanted(), order.was_paid()};
}

/// An order's present state, once all that is known of it is durable.
caf::result<messages::order_view> event_orders::answer_when_durable(domain::order_id id, rejection if_unwritten) {
  if (core_.journal.settled())
    return view(*core_.event.find_order(id));
  auto asked = core_.self->make_response_promise<messages::order_view>();
  auto read = reading(*core_.event.find_order(id), if_unwritten, asked);
  // "Unavailable" would say that nothing has happened: of a mere reader's question that is true, of a repeat's not.
  if (if_unwritten == rejection::store_unavailable && core_.journal.may_keep_back())
    core_.journal.keep_back(std::move(read));
  else if (core_.journal.standing() != shard_standing::writing)
    asked.deliver(to_error(rejection::store_unavailable));
  else if (core_.journal.full())
    asked.deliver(to_error(rejection::overloaded));
  else
    core_.journal.after_all(std::move(read));
  return asked;
}

bool event_orders::selects(const messages::list_orders& wish, const domain::order& order) const {
  const auto& details = order.details();
  if (wish.buyer && details.buyer != *wish.buyer)
    return false;
  auto is_wanted = [&](const domain::ordered_seat& x) { return domain::seat_place{x.section, x.seat} == *wish.seat; };
  if (wish.seat && std::none_of(details.seats.begin(), details.seats.end(), is_wanted))
    return false;
  return order.is(wish.state, core_.now());
}

/// An order as it stood when last all that was known of it was durable; null for one that is not written yet.
const domain::order* event_orders::durable(const domain::order& order) const {
  auto found = in_flight_.find(order.details().order);
  if (found == in_flight_.end())
    return &order;
  return found->second.before ? &*found->second.before : nullptr;
}

messages::order_list event_orders::list(const messages::list_orders& wish) const {
  messages::order_list result{core_.id, {}, false};
  auto selected = [&](const domain::order& present) {
    const auto* order = durable(present);
    return order != nullptr && selects(wish, *order) ? order : nullptr;
  };
  if (wish.order) {
    if (const auto* present = core_.event.find_order(*wish.order))
      if (const auto* order = selected(*present))
        result.orders.push_back(view(*order));
    return result;
  }
  auto limit = std::clamp(wish.limit, 1U, messages::list_orders::most);
  std::vector<domain::order_id> found; // a heap with the highest first; one more than is answered
  for (const auto& [id, order] : core_.event.orders()) {
    if ((wish.after && id <= *wish.after) || (found.size() > limit && found.front() < id) || selected(order) == nullptr)
      continue;
    found.push_back(id);
    std::push_heap(found.begin(), found.end());
    if (found.size() > limit + 1) {
      std::pop_heap(found.begin(), found.end());
      found.pop_back();
    }
  }
  std::sort_heap(found.begin(), found.end());
  result.more = found.size() > limit;
  found.resize(std::min<std::size_t>(found.size(), limit));
  result.orders.reserve(found.size());
  for (auto id : found)
    result.orders.push_back(view(*durable(*core_.event.find_order(id))));
  return result;
}

messages::order_list event_orders::newest_of(const domain::buyer_id& buyer, std::size_t most) const {
  std::vector<const domain::order*> found;
  for (auto id : core_.event.orders_of(buyer))
    if (const auto* order = durable(*core_.event.find_order(id)))
      found.push_back(order);
  std::ranges::stable_sort(found, std::ranges::greater{}, [](const auto* order) { return order->details().at; });
  messages::order_list result{core_.id, {}, found.size() > most};
  found.resize(std::min(found.size(), most));
  for (const auto* order : found)
    result.orders.push_back(view(*order));
  return result;
}

std::unordered_set<domain::hold_id> event_orders::bought_by(const domain::buyer_id& buyer) const {
  std::unordered_set<domain::hold_id> result;
  for (auto id : core_.event.orders_of(buyer))
    if (const auto* order = core_.event.find_order(id); order->visited(order_state::confirmed))
      result.insert(order->details().hold);
  return result;
}

std::uint64_t event_orders::stuck() const {
  return static_cast<std::uint64_t>(std::count_if(checkouts_.begin(), checkouts_.end(), [this](const auto& each) {
    const auto* order = core_.event.find_order(each.first);
    return order != nullptr && order->is(domain::order_selection::stuck, core_.now());
  }));
}

std::uint64_t event_orders::confirmed() const {
  const auto& orders = core_.event.orders();
  return static_cast<std::uint64_t>(std::count_if(orders.begin(), orders.end(), [this](const auto& each) {
    const auto* order = durable(each.second);
    return order != nullptr && order->state() == order_state::confirmed;
  }));
}

} // namespace usher::actors
