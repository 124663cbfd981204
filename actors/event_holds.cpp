#include "actors/event_holds.hpp"

#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace usher::actors {

namespace {

using domain::rejection;
using messages::to_error;
using section_wishes = std::vector<messages::section_wish>;

domain::refusal refusal_for(rejection reason, std::string detail = {}) {
  return {.reason = reason, .detail = std::move(detail)};
}

void deliver(caf::typed_response_promise<messages::hold_granted>& asked, event_common::whole_hold what) {
  if (auto* why = std::get_if<domain::refusal>(&what))
    asked.deliver(to_error(*why));
  else
    asked.deliver(std::get<messages::hold_granted>(std::move(what)));
}

void restrict_to(messages::hold_seats& wish, domain::category_no category) {
  if (auto* best = std::get_if<domain::best_wish>(&wish.wanted))
    best->category = category;
  else
    for (auto& part : std::get<section_wishes>(wish.wanted))
      if (auto* best_here = std::get_if<domain::best_wish>(&part.wanted))
        best_here->category = category;
}

} // namespace

event_holds::event_holds(event_common& core, std::size_t requests_max, std::chrono::milliseconds retry)
    : core_(core), requests_max_(requests_max), retry_(retry),
      protocol_(*this, core.event, core.durable_settings, core.as_of, retry), searches_(core, protocol_, places_) {}

// ---- holding -----------------------------------------------------------------

caf::result<messages::hold_granted> event_holds::hold(messages::hold_seats& wish) {
  auto closed = core_.event.may_hold();
  if (!closed)
    closed = domain::refusal_to_hold(core_.durable_state);
  if (!closed && !wish.admitted)
    closed = refusal_for(rejection::not_admitted);
  if (closed && protocol_.ready() && !protocol_.find(wish.hold))
    return to_error(*closed);
  if (auto why = obstacle(wish))
    return to_error(*why);
  if (!wish.category.empty()) {
    auto category = core_.plan->find_category(wish.category);
    if (!category)
      return to_error(refusal_for(rejection::not_found, "This event has no category " + wish.category + "."));
    if (!core_.event.sells(*category) && !protocol_.find(wish.hold))
      return to_error(
          refusal_for(rejection::not_for_sale, "The category " + wish.category + " has no price: it is not for sale."));
    restrict_to(wish, *category);
  }
  if (auto why = protocol_.refusal_of_another(wish))
    return to_error(*why);
  if (closed)
    return show_again(wish, std::move(*closed));
  const auto* best = std::get_if<domain::best_wish>(&wish.wanted);
  // A repeat goes to where the hold is: searching again for the best places would find others.
  if (const auto* known = protocol_.find(wish.hold); known && best) {
    if (known->parts.size() != 1)
      return to_error(rejection::idempotency_mismatch);
    auto only = known->parts.front();
    return hold_in_one(wish, only.section, *best, only.seats);
  }
  // Searching again would hold other seats than those that have gone.
  if (best && protocol_.has_ended(wish.hold))
    return to_error(rejection::hold_expired);
  if (best || std::get<section_wishes>(wish.wanted).size() > 1) {
    if (protocol_.open() >= requests_max_)
      return to_error(rejection::overloaded);
    return hold_openly(wish);
  }
  auto& only = std::get<section_wishes>(wish.wanted).front();
  auto quantity = quantity_of(only.wanted);
  return hold_in_one(wish, only.section, std::move(only.wanted), quantity);
}

std::optional<domain::refusal> event_holds::obstacle(const messages::hold_seats& wish) const {
  if (!protocol_.ready())
    return refusal_for(core_.now() < core_.starting_until ? rejection::moved : rejection::overloaded,
                       "The event is starting, or some of its sections are not served.");
  if (core_.journal.standing_down())
    return refusal_for(rejection::overloaded, "The event is being handed over.");
  if (const auto* best = std::get_if<domain::best_wish>(&wish.wanted)) {
    if (best->quantity == 0)
      return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
  } else {
    const auto& parts = std::get<section_wishes>(wish.wanted);
    if (parts.empty())
      return refusal_for(rejection::bad_request, "A hold is for seats of sections, or for the best anywhere.");
    for (const auto& part : parts)
      if (quantity_of(part.wanted) == 0)
        return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
    if (!has_sections_of(parts))
      return refusal_for(rejection::not_found, "A section is unknown or named twice.");
    // Nobody there would say that nothing is held, and what the wish takes from its buyer's allowance would count on.
    for (const auto& part : parts)
      if (protocol_.is_closed(part.section))
        return refusal_for(core_.now() < closed_at_.at(part.section) + event_common::longest_start
                               ? rejection::moved
                               : rejection::overloaded,
                           "This section is not served at the moment.");
  }
  if (auto refused = protocol_.refusal_of_open(wish.hold))
    return refused;
  return std::nullopt;
}

bool event_holds::has_sections_of(const std::vector<messages::section_wish>& wanted) const {
  if (wanted.size() == 1) // nearly always: not worth a vector
    return wanted.front().section.value() < core_.sections.size();
  std::vector<domain::section_no> numbers(wanted.size());
  std::ranges::transform(wanted, numbers.begin(), &messages::section_wish::section);
  return core_.find_sections(numbers).has_value();
}

/// Nothing new is held just now, but whoever asks again for what they hold is told so.
caf::result<messages::hold_granted> event_holds::show_again(const messages::hold_seats& wish, domain::refusal closed) {
  const auto& parts = protocol_.find(wish.hold)->parts;
  std::vector<domain::section_no> numbers(parts.size());
  std::ranges::transform(parts, numbers.begin(), &known_part::section);
  auto sections = core_.find_sections(numbers);
  if (!sections)
    return to_error(closed);
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  core_.read_hold(*sections, {wish.trace, wish.event, wish.hold, wish.buyer, numbers},
                  [asked, closed = std::move(closed)](event_common::whole_hold whole) mutable {
                    auto* why = std::get_if<domain::refusal>(&whole);
                    if (why && why->reason == rejection::not_found)
                      *why = closed;
                    deliver(asked, std::move(whole));
                  });
  return asked;
}

caf::result<messages::hold_granted> event_holds::hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                             domain::wish wanted, std::uint32_t quantity) {
  auto passed_on = protocol_.pass_on(wish, section, quantity);
  if (const auto* why = std::get_if<domain::refusal>(&passed_on))
    return to_error(*why);
  return core_.self->delegate(core_.sections[section.value()],
                              messages::hold_in_section{wish.trace, wish.hold, std::move(wish.buyer), std::move(wanted),
                                                        wish.wish_digest, std::nullopt,
                                                        std::get<messages::attempt>(passed_on)});
}

/// Holds over several sections, or anywhere: answered from here.
caf::result<messages::hold_granted> event_holds::hold_openly(const messages::hold_seats& wish) {
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  asked_.emplace(wish.hold, asked);
  const auto* best = std::get_if<domain::best_wish>(&wish.wanted);
  auto why =
      best ? searches_.begin(wish, *best) : protocol_.spread(wish, core_.now() + core_.durable_settings.hold_ttl);
  if (why)
    answer(wish.hold, *std::move(why));
  return asked;
}

void event_holds::closed(domain::section_no section) {
  if (!protocol_.is_closed(section))
    closed_at_[section] = core_.now();
  protocol_.closed(section);
}

// ---- releasing and reading ---------------------------------------------------

std::optional<std::vector<section_address>> event_holds::places_of(domain::hold_id hold,
                                                                   const std::vector<domain::section_no>& named) const {
  auto sections = core_.find_sections(named);
  if (!sections || !protocol_.ready())
    return sections;
  const auto* known = protocol_.find(hold);
  // Where nothing of it is known, one section is enough to say so, however many a made-up name lists.
  auto others = 0;
  std::erase_if(*sections, [&](const section_address& each) {
    return !(known && known->has_part_in(each.section)) && others++ > 0;
  });
  return sections;
}

caf::result<void> event_holds::release(messages::release_hold& wish) {
  auto sections = places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  if (core_.journal.standing_down())
    return to_error(rejection::overloaded);
  wish.as_of = core_.as_of.get();
  auto asked = core_.self->make_response_promise<void>();
  core_.ask_for_change(
      *sections, [&wish](const section_address&) { return wish; },
      [asked](section_answers<done>& answers) mutable {
        if (const auto why = answers.problem_of_all())
          return asked.deliver(to_error(*why));
        asked.deliver();
      });
  return asked;
}

caf::result<messages::hold_granted> event_holds::find(messages::find_hold& wish) {
  auto sections = places_of(wish.hold, wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  core_.read_hold(*sections, wish,
                  [asked](event_common::whole_hold whole) mutable { deliver(asked, std::move(whole)); });
  return asked;
}

std::vector<event_holds::counted_hold> event_holds::counted_for(const domain::buyer_id& buyer) const {
  std::vector<counted_hold> result;
  for (auto hold : protocol_.holds_of(buyer)) {
    counted_hold one{hold, {}, true};
    for (const auto& part : protocol_.find(hold)->parts) {
      one.sections.push_back(part.section);
      one.is_served = one.is_served && !protocol_.is_closed(part.section);
    }
    std::ranges::sort(one.sections);
    result.push_back(std::move(one));
  }
  return result;
}

// ---- what counts -------------------------------------------------------------

void event_holds::meet_sections() {
  places_.expect_sections(core_.sections.size());
  protocol_.meet_sections(core_.sections.size());
}

void event_holds::lost_touch() {
  for (std::size_t i = 0; i < core_.sections.size(); ++i)
    protocol_.lost_touch(domain::section_no{static_cast<std::uint16_t>(i)});
}

void event_holds::opened(const messages::section_opened& news) {
  claim_waits_.erase(news.section);
  if (!protocol_.opened(news))
    return;
  log::of("actors").info("event {}: section {} serves at epoch {}, and is asked what it holds and has sold",
                         core_.id.value(), news.section.value(), news.epoch.value());
}

void event_holds::take_claims(std::uint64_t question, const messages::section_claims& all) {
  auto was_ready = protocol_.ready();
  if (failpoint::planted("claims_not_counted_on_restart") && !all.claims.empty())
    return take_claims(question, {all.section, all.epoch, {}, all.totals, all.free_by_category});
  if (!protocol_.claims(question, all))
    return;
  claim_waits_.erase(all.section);
  places_.note_totals(all.section, all.totals, all.free_by_category);
  places_.seats_freed(all.section);
  core_.totals_known();
  if (!was_ready && protocol_.ready())
    log::of("actors").info("event {} knows what its {} sections hold and have sold", core_.id.value(),
                           core_.sections.size());
}

void event_holds::give_back(const messages::allowance_back& news) {
  if (failpoint::planted("allowance_back_dropped"))
    return;
  places_.seats_freed(news.section);
  protocol_.give_back(news);
}

// ---- what the event's side wants ---------------------------------------------

void event_holds::ask_to_hold(domain::section_no section, messages::hold_in_section wish) {
  auto hold = wish.hold;
  core_.self->request(core_.sections[section.value()], caf::infinite, std::move(wish))
      .then([this, hold, section](const messages::hold_granted& part) { protocol_.granted(hold, section, part); },
            [this, hold, section](const caf::error& why) {
              protocol_.refused(hold, section, messages::to_refusal(why));
            });
}

void event_holds::ask_to_release(domain::section_no section, const messages::release_hold& wish,
                                 std::chrono::milliseconds wait) {
  if (wait.count() > 0) {
    core_.self->run_delayed(wait, [=, this] { ask_to_release(section, wish, std::chrono::milliseconds{0}); });
    return;
  }
  core_.self->request(core_.sections[section.value()], caf::infinite, wish)
      .then([this, hold = wish.hold, section] { protocol_.released(hold, section); },
            [this, hold = wish.hold, section](const caf::error& why) {
              protocol_.not_released(hold, section, messages::to_refusal(why), core_.now());
            });
}

void event_holds::ask_for_claims(domain::section_no section, std::uint64_t question) {
  core_.self->request(core_.sections[section.value()], caf::infinite, messages::list_claims{core_.as_of.get()})
      .then([this, question](const messages::section_claims& all) { take_claims(question, all); },
            [this, section, question](const caf::error&) { protocol_.no_claims(section, question); });
}

void event_holds::wait_for_claims(domain::section_no section, std::uint64_t question) {
  auto& wait = claim_waits_.try_emplace(section, retry_).first->second;
  core_.self->run_delayed(wait, [this, section, question] { protocol_.ask_again(section, question); });
  wait = std::min(2 * wait, longest_claim_wait);
}

void event_holds::answer(domain::hold_id hold, event_common::whole_hold what) {
  searches_.forget(hold);
  auto asked = std::move(asked_.extract(hold).mapped());
  deliver(asked, std::move(what));
}

} // namespace usher::actors
