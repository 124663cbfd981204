#include "actors/event_holds.hpp"

#include "actors/hold_gathering.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/policy/select_all.hpp>

#include <map>
#include <string>
#include <utility>

namespace usher::actors {

namespace {

using domain::rejection;
using messages::to_error;

domain::refusal refusal_for(rejection reason, std::string detail = {}) {
  return {.reason = reason, .detail = std::move(detail)};
}

void restrict_to(messages::hold_seats& wish, domain::category_no category) {
  if (wish.best_anywhere)
    wish.best_anywhere->category = category;
  for (auto& part : wish.sections)
    if (auto* best = std::get_if<domain::best_wish>(&part.wanted))
      best->category = category;
}

} // namespace

event_holds::event_holds(event_common& core, std::size_t requests_max, std::chrono::milliseconds retry)
    : core_(core), requests_max_(requests_max), retry_(retry), known_(core.event), spreads_(core, known_, retry),
      searches_(core, known_, places_) {}

// ---- holding -----------------------------------------------------------------

caf::result<messages::hold_granted> event_holds::hold(messages::hold_seats& wish) {
  auto closed = core_.event.may_hold();
  if (!closed)
    closed = domain::refusal_to_hold(core_.durable_state);
  if (!closed && !wish.admitted)
    closed = refusal_for(rejection::not_admitted);
  if (closed && ready_ && !known_.find(wish.hold))
    return to_error(*closed);
  if (auto why = obstacle(wish))
    return to_error(*why);
  if (!wish.category.empty()) {
    auto category = core_.plan->find_category(wish.category);
    if (!category)
      return to_error(refusal_for(rejection::not_found, "This event has no category " + wish.category + "."));
    if (!core_.event.sells(*category) && !known_.find(wish.hold))
      return to_error(
          refusal_for(rejection::not_for_sale, "The category " + wish.category + " has no price: it is not for sale."));
    restrict_to(wish, *category);
  }
  if (auto why = known_.refusal_of_another(wish))
    return to_error(*why);
  if (closed)
    return show_again(wish, std::move(*closed));
  // A repeat goes to where the hold is: searching again for the best places would find others.
  if (const auto* known = known_.find(wish.hold); known && wish.best_anywhere) {
    if (known->parts.size() != 1)
      return to_error(rejection::idempotency_mismatch);
    auto [section, quantity] = known->parts.front();
    return hold_in_one(wish, section, *wish.best_anywhere, quantity);
  }
  // Searching again would hold other seats than those that have gone.
  if (wish.best_anywhere && ended_.contains(wish.hold))
    return to_error(rejection::hold_expired);
  if (wish.best_anywhere || wish.sections.size() > 1) {
    if (spreads_.size() + searches_.size() >= requests_max_)
      return to_error(rejection::overloaded);
    return wish.best_anywhere ? searches_.begin(wish) : spreads_.begin(wish);
  }
  auto& only = wish.sections.front();
  auto quantity = quantity_of(only.wanted);
  return hold_in_one(wish, only.section, std::move(only.wanted), quantity);
}

std::optional<domain::refusal> event_holds::obstacle(const messages::hold_seats& wish) const {
  if (!ready_)
    return refusal_for(rejection::overloaded, "The event is starting.");
  if (core_.journal.standing_down())
    return refusal_for(rejection::overloaded, "The event is being given another plan.");
  if (wish.sections.empty() != wish.best_anywhere.has_value())
    return refusal_for(rejection::bad_request, "A hold is for seats of sections, or for the best anywhere.");
  if (wish.best_anywhere && wish.best_anywhere->quantity == 0)
    return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
  for (const auto& part : wish.sections)
    if (quantity_of(part.wanted) == 0)
      return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
  if (!wish.best_anywhere && !has_sections_of(wish))
    return refusal_for(rejection::not_found, "A section is unknown or named twice.");
  if (auto refused = spreads_.refusal_of(wish.hold))
    return refused;
  if (spreads_.contains(wish.hold) || searches_.contains(wish.hold))
    return refusal_for(rejection::in_progress);
  return std::nullopt;
}

bool event_holds::has_sections_of(const messages::hold_seats& wish) const {
  if (wish.sections.size() == 1) // nearly always: not worth a vector
    return wish.sections.front().section.value() < core_.sections.size();
  std::vector<domain::section_no> numbers;
  for (const auto& part : wish.sections)
    numbers.push_back(part.section);
  return core_.find_sections(numbers).has_value();
}

/// Nothing new is held just now, but whoever asks again for what they hold is told so.
caf::result<messages::hold_granted> event_holds::show_again(const messages::hold_seats& wish, domain::refusal closed) {
  std::vector<domain::section_no> numbers;
  for (const auto& [section, quantity] : known_.find(wish.hold)->parts)
    numbers.push_back(section);
  auto sections = core_.find_sections(numbers);
  if (!sections)
    return to_error(closed);
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  gather_hold(core_.self, *sections, {wish.trace, wish.event, wish.hold, wish.buyer, numbers},
              [asked, closed = std::move(closed)](caf::expected<messages::hold_granted> whole) mutable {
                if (!whole && messages::to_refusal(whole.error()).reason == rejection::not_found)
                  return asked.deliver(to_error(closed));
                asked.deliver(std::move(whole));
              });
  return asked;
}

caf::result<messages::hold_granted> event_holds::hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                             domain::wish wanted, std::uint32_t quantity) {
  if (auto why = known_.take_allowance(wish, quantity))
    return to_error(*why);
  known_.add(wish.hold, known_hold{wish.buyer, {{section, quantity}}, wish.wish_digest});
  return core_.self->delegate(core_.sections[section.value()],
                              messages::hold_in_section{wish.trace, wish.hold, std::move(wish.buyer), std::move(wanted),
                                                        wish.wish_digest, std::nullopt,
                                                        known_.next_attempt(wish.hold)});
}

// ---- releasing and reading ---------------------------------------------------

std::optional<std::vector<messages::section_actor>>
event_holds::places_of(domain::hold_id hold, const std::vector<domain::section_no>& named) const {
  auto sections = core_.find_sections(named);
  if (!sections || !ready_)
    return sections;
  const auto* known = known_.find(hold);
  if (!known)
    sections->resize(1);
  else if (named.size() > known->parts.size())
    sections.reset();
  return sections;
}

caf::result<void> event_holds::release(messages::release_hold& wish) {
  auto sections = places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<void>();
  // Not moved: later sections would get a moved-from wish.
  core_.self->fan_out_request<caf::policy::select_all>(*sections, caf::infinite, wish)
      .then([asked]() mutable { asked.deliver(); },
            [asked](caf::error& why) mutable { asked.deliver(std::move(why)); });
  return asked;
}

caf::result<messages::hold_granted> event_holds::find(messages::find_hold& wish) {
  auto sections = places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  gather_hold(core_.self, *sections, wish,
              [asked](caf::expected<messages::hold_granted> whole) mutable { asked.deliver(std::move(whole)); });
  return asked;
}

// ---- what counts -------------------------------------------------------------

void event_holds::gather_claims() {
  claims_missing_ = core_.sections.size();
  for (std::size_t i = 0; i < core_.sections.size(); ++i)
    ask_claims(domain::section_no{static_cast<std::uint16_t>(i)});
}

void event_holds::ask_claims(domain::section_no section) {
  core_.self->request(core_.sections[section.value()], caf::infinite, messages::list_claims{})
      .then([this](const messages::section_claims& claims) { take_claims(claims); },
            [this, section](const caf::error&) {
              core_.self->run_delayed(retry_, [this, section] { ask_claims(section); });
            });
}

void event_holds::take_claims(const messages::section_claims& claims) {
  for (const auto& claim : claims.claims)
    if (!failpoint::planted("claims_not_counted_on_restart"))
      known_.add_claim(claim.hold, claim.buyer, claims.section, claim.seats);
  ready_ = --claims_missing_ == 0;
  if (ready_)
    count_orders_under_way();
  if (ready_)
    log::of("actors").info("event {} knows what its {} sections hold and have sold", core_.id.value(),
                           core_.sections.size());
}

/// What is being paid for counts, even where its hold has ended.
void event_holds::count_orders_under_way() {
  for (auto id : core_.event.orders_under_way()) {
    const auto& details = core_.event.find_order(id)->details();
    if (!core_.event.is_paid_for(details.hold))
      continue;
    std::map<domain::section_no, std::uint32_t> parts;
    for (const auto& seat : details.seats)
      ++parts[seat.section];
    for (auto [section, seats] : parts) {
      const auto* known = known_.find(details.hold);
      if (known && known->has_part_in(section))
        continue;
      known_.add_claim(details.hold, details.buyer, section, seats);
      ended_while_paid_for_[details.hold].push_back({section, details.hold, 0});
    }
  }
}

void event_holds::note_owned(const domain::order_started& order) {
  ended_while_paid_for_.erase(order.hold);
  known_.note_owned(order);
}

void event_holds::forget(domain::hold_id hold) {
  ended_while_paid_for_.erase(hold);
  known_.forget(hold);
}

void event_holds::payment_ended(domain::hold_id hold) {
  if (auto ended = ended_while_paid_for_.extract(hold))
    for (const auto& news : ended.mapped())
      give_back(news);
}

void event_holds::count_payments_again() {
  std::vector<domain::hold_id> ended;
  for (const auto& [hold, news] : ended_while_paid_for_)
    if (!core_.event.is_paid_for(hold))
      ended.push_back(hold);
  for (auto hold : ended)
    payment_ended(hold);
}

void event_holds::give_back(const messages::allowance_back& news) {
  if (failpoint::planted("allowance_back_dropped"))
    return;
  places_.seats_freed(news.section);
  // A search that goes on in the next section still needs its allowance.
  if (searches_.contains(news.hold))
    return;
  if (core_.event.is_paid_for(news.hold)) {
    auto& parts = ended_while_paid_for_[news.hold];
    std::erase_if(parts, [&](const auto& earlier) { return earlier.section == news.section; });
    parts.push_back(news);
    return;
  }
  auto was_known = known_.find(news.hold) != nullptr;
  known_.forget_part(news.hold, news.section, news.attempt);
  // Only what comes back with an attempt was refused, and may be asked for again; so may what was undone.
  if (news.attempt == 0 && was_known && !known_.find(news.hold) && !spreads_.contains(news.hold))
    ended_.remember(news.hold);
}

} // namespace usher::actors
