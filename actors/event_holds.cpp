#include "actors/event_holds.hpp"

#include "actors/answer_count.hpp"
#include "actors/hold_gathering.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace usher::actors {

namespace {

/// How often a section is asked to let go of its part of a hold that another one refused.
constexpr unsigned undo_tries = 6;

using domain::rejection;
using messages::to_error;
using messages::to_refusal;

std::uint32_t quantity_of(const domain::wish& wanted) {
  if (const auto* seats = std::get_if<domain::seats_wish>(&wanted))
    return static_cast<std::uint32_t>(seats->seats.size());
  if (const auto* best = std::get_if<domain::best_wish>(&wanted))
    return best->quantity;
  return std::get<domain::quantity_wish>(wanted).quantity;
}

domain::refusal refusal_for(rejection reason, std::string detail = {}) {
  return {.reason = reason, .detail = std::move(detail)};
}

} // namespace

event_holds::event_holds(event_core& core, std::size_t most_requests, std::chrono::milliseconds retry)
    : core_(core), most_requests_(most_requests), retry_(retry) {}

// ---- holding -----------------------------------------------------------------

caf::result<messages::hold_granted> event_holds::hold(messages::hold_seats& wish) {
  if (auto why = obstacle(wish))
    return to_error(*why);
  // A repeat goes where the hold is: looking for the best places again would find others.
  if (auto known = known_.find(wish.hold); known != known_.end() && wish.best_anywhere) {
    if (known->second.buyer != wish.buyer || known->second.parts.size() != 1)
      return to_error(known->second.buyer != wish.buyer ? rejection::not_found : rejection::idempotency_mismatch);
    auto [section, quantity] = known->second.parts.front();
    return hold_in_one(wish, section, *wish.best_anywhere, quantity);
  }
  if (wish.best_anywhere)
    return hold_best(wish);
  if (wish.sections.size() > 1)
    return hold_in_several(wish);
  auto& only = wish.sections.front();
  auto quantity = quantity_of(only.wanted);
  return hold_in_one(wish, only.section, std::move(only.wanted), quantity);
}

std::optional<domain::refusal> event_holds::obstacle(const messages::hold_seats& wish) const {
  if (!ready_)
    return refusal_for(rejection::overloaded, "The event is starting.");
  if (auto closed = core_.event.may_hold())
    return closed;
  if (wish.sections.empty() != wish.best_anywhere.has_value())
    return refusal_for(rejection::bad_request, "A hold is for seats of sections, or for the best anywhere.");
  if (wish.best_anywhere && wish.best_anywhere->quantity == 0)
    return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
  std::vector<domain::section_no> numbers;
  for (const auto& part : wish.sections) {
    if (quantity_of(part.wanted) == 0)
      return refusal_for(rejection::bad_request, "A hold is for one seat at least.");
    numbers.push_back(part.section);
  }
  if (!wish.best_anywhere && !core_.find_sections(numbers))
    return refusal_for(rejection::not_found, "A section is unknown or named twice.");
  auto spread = spreads_.find(wish.hold);
  if (spread != spreads_.end() && spread->second.refused)
    return spread->second.refused;
  if (spread != spreads_.end() || searches_.contains(wish.hold))
    return refusal_for(rejection::in_progress);
  return std::nullopt;
}

std::optional<domain::refusal> event_holds::take_allowance(const messages::hold_seats& wish, std::uint32_t quantity) {
  auto most = core_.event.settings().max_seats_per_buyer;
  auto taken = allowances_.take(wish.buyer, wish.hold, quantity, most);
  if (auto* no = std::get_if<domain::refusal>(&taken))
    return std::move(*no);
  return std::nullopt;
}

caf::result<messages::hold_granted> event_holds::hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                             domain::wish wanted, std::uint32_t quantity) {
  if (auto why = take_allowance(wish, quantity))
    return to_error(*why);
  known_.try_emplace(wish.hold, known_hold{wish.buyer, {{section, quantity}}});
  return core_.self->delegate(core_.sections[section.value()],
                              messages::hold_in_section{wish.trace, wish.hold, std::move(wish.buyer), std::move(wanted),
                                                        wish.wish_digest, std::nullopt});
}

// ---- holding in several sections ---------------------------------------------

caf::result<messages::hold_granted> event_holds::hold_in_several(messages::hold_seats& wish) {
  if (spreads_.size() + searches_.size() >= most_requests_)
    return to_error(rejection::overloaded);
  std::uint64_t quantity = 0;
  std::vector<domain::section_no> numbers;
  known_hold mine{wish.buyer, {}};
  for (const auto& part : wish.sections) {
    auto count = quantity_of(part.wanted);
    quantity += count;
    numbers.push_back(part.section);
    mine.parts.emplace_back(part.section, count);
  }
  if (quantity > std::numeric_limits<std::uint32_t>::max())
    return to_error(rejection::limit_exceeded);
  if (auto why = take_allowance(wish, static_cast<std::uint32_t>(quantity)))
    return to_error(*why);
  auto repeated = !known_.try_emplace(wish.hold, mine).second;
  if (repeated)
    if (auto why = add_parts(wish.hold, mine))
      return to_error(*why);

  auto hold = wish.hold;
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  messages::release_hold undo{wish.trace, core_.id, hold, wish.buyer, numbers, false};
  spreads_.try_emplace(hold, spread_under_way{spread_hold{std::move(numbers)}, std::move(undo), asked, repeated});
  auto until = core_.now() + core_.event.settings().hold_ttl;
  for (auto& part : wish.sections) {
    auto section = part.section;
    core_.self
        ->request(
            core_.sections[section.value()], caf::infinite,
            messages::hold_in_section{wish.trace, hold, wish.buyer, std::move(part.wanted), wish.wish_digest, until})
        .then([this, hold, section](const messages::hold_granted& x) { spread_granted(hold, section, x); },
              [this, hold, section](const caf::error& why) { spread_refused(hold, section, to_refusal(why)); });
  }
  return asked;
}

/// A hold that is known may not be in all sections that its repeat names, e.g. when the event's node died before it
/// was held everywhere: the missing parts are asked for, and count.
std::optional<domain::refusal> event_holds::add_parts(domain::hold_id hold, const known_hold& wanted) {
  auto parts = known_.at(hold).parts;
  auto missing = [&](const auto& part) {
    return std::none_of(parts.begin(), parts.end(), [&](const auto& x) { return x.first == part.first; });
  };
  std::uint64_t sum = allowances_.taken_by(wanted.buyer);
  auto known = parts.size();
  for (const auto& part : wanted.parts)
    if (missing(part)) {
      parts.push_back(part);
      sum += part.second;
    }
  if (parts.size() == known)
    return std::nullopt;
  if (sum > core_.event.settings().max_seats_per_buyer)
    return refusal_for(rejection::limit_exceeded);
  known_.at(hold).parts = std::move(parts);
  count_again(hold);
  return std::nullopt;
}

void event_holds::spread_granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part) {
  auto& spread = spreads_.at(hold);
  spread.parts.granted(section, part);
  if (spread.parts.complete())
    finish_spread(hold);
}

void event_holds::spread_refused(domain::hold_id hold, domain::section_no section, domain::refusal why) {
  auto& spread = spreads_.at(hold);
  if (!is_passing(why.reason) && !spread.repeated)
    forget_part(hold, section);
  spread.parts.refused(section, std::move(why));
  if (spread.parts.complete())
    finish_spread(hold);
}

void event_holds::finish_spread(domain::hold_id hold) {
  auto& spread = spreads_.at(hold);
  auto why = spread.parts.refusal();
  // A part may have run out while another section was slow to answer.
  auto known = known_.find(hold);
  if (!why && (known == known_.end() || known->second.parts.size() != spread.undo.sections.size()))
    why = refusal_for(rejection::hold_expired);
  if (why) {
    spread.asked.deliver(to_error(*why));
    // What an earlier request was promised stays, whatever becomes of its repetition.
    auto sections = spread.repeated ? std::vector<domain::section_no>{} : spread.parts.to_release();
    if (sections.empty()) {
      spreads_.erase(hold);
      return;
    }
    spread.refused = std::move(why);
    spread.undoing = sections.size();
    for (auto section : sections)
      undo_part(spread.undo, section, undo_tries);
    return;
  }
  auto granted = spread.parts.answer();
  for (const auto& part : granted.sections)
    for (auto& [section, quantity] : known->second.parts)
      if (section == part.section)
        quantity = static_cast<std::uint32_t>(part.seats.size());
  count_again(hold);
  spread.asked.deliver(std::move(granted));
  spreads_.erase(hold);
}

/// Lets go of one section's part of a hold that was not granted as a whole, so that its buyer may ask for the whole
/// again. What cannot be let go of ends by itself when its time is over: nobody was promised it.
void event_holds::undo_part(const messages::release_hold& undo, domain::section_no section, unsigned tries_left) {
  auto only_here = undo;
  only_here.sections = {section};
  core_.self->request(core_.sections[section.value()], caf::infinite, std::move(only_here))
      .then([this, hold = undo.hold, section] { part_undone(hold, section, true); },
            [this, undo, section, tries_left](const caf::error& error) {
              auto why = to_refusal(error);
              if (is_passing(why.reason) && tries_left > 1) {
                core_.self->run_delayed(retry_, [=, this] { undo_part(undo, section, tries_left - 1); });
                return;
              }
              log::of("actors").warn("{}event {}: a part of hold {} in section {} was not released: {}",
                                     messages::line_start(undo.trace), core_.id.value(), domain::to_hex(undo.hold),
                                     section.value(), domain::sentence(why.reason));
              part_undone(undo.hold, section, false);
            });
}

void event_holds::part_undone(domain::hold_id hold, domain::section_no section, bool released) {
  if (released)
    forget_part(hold, section);
  auto spread = spreads_.find(hold);
  domain::ensure(spread != spreads_.end(), "a hold that is being undone is not forgotten");
  if (--spread->second.undoing == 0)
    spreads_.erase(spread);
}

// ---- the best anywhere -------------------------------------------------------

caf::result<messages::hold_granted> event_holds::hold_best(messages::hold_seats& wish) {
  if (spreads_.size() + searches_.size() >= most_requests_)
    return to_error(rejection::overloaded);
  if (auto why = take_allowance(wish, wish.best_anywhere->quantity))
    return to_error(*why);
  auto hold = wish.hold;
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  best_search search{sections_with(wish.best_anywhere->category), *wish.best_anywhere};
  searches_.try_emplace(hold, search_under_way{std::move(search), std::move(wish), asked, {}});
  search_on(hold);
  return asked;
}

/// The sections that have places of a category, or all.
std::vector<domain::section_no> event_holds::sections_with(std::optional<domain::category_no> category) const {
  std::vector<domain::section_no> result;
  for (auto number : core_.plan->order()) {
    const auto& section = core_.plan->section(number);
    auto is_wanted = [&](const domain::planned_seat& seat) { return seat.category == *category; };
    if (!category || (section.general() && section.general_category == *category)
        || (!section.general() && std::any_of(section.seats.begin(), section.seats.end(), is_wanted)))
      result.push_back(number);
  }
  return result;
}

void event_holds::search_on(domain::hold_id hold) {
  auto& under_way = searches_.at(hold);
  const auto& wanted = *under_way.wish.best_anywhere;
  auto worth_trying = [&](const best_search::attempt& next) {
    return totals_[next.section.value()].free >= wanted.quantity
           && (next.fit == domain::togetherness::anyhow
               || !not_together_.contains({next.section, wanted.category, wanted.quantity}));
  };
  auto next = under_way.search.next(worth_trying);
  if (!next)
    return give_up_search(hold, refusal_for(rejection::sold_out));
  // The section that refused has given the allowance back.
  if (auto why = take_allowance(under_way.wish, wanted.quantity))
    return give_up_search(hold, *why);
  under_way.last = *next;
  auto here = wanted;
  here.fit = next->fit;
  core_.self
      ->request(core_.sections[next->section.value()], caf::infinite,
                messages::hold_in_section{under_way.wish.trace, hold, under_way.wish.buyer, here,
                                          under_way.wish.wish_digest, std::nullopt})
      .then([this, hold](const messages::hold_granted& found) { search_granted(hold, found); },
            [this, hold](const caf::error& why) { search_refused(hold, to_refusal(why)); });
}

void event_holds::search_granted(domain::hold_id hold, const messages::hold_granted& found) {
  auto done = searches_.extract(hold);
  known_hold mine{found.buyer, {}};
  for (const auto& part : found.sections)
    mine.parts.emplace_back(part.section, static_cast<std::uint32_t>(part.seats.size()));
  known_.insert_or_assign(hold, std::move(mine));
  count_again(hold);
  done.mapped().asked.deliver(found);
}

void event_holds::search_refused(domain::hold_id hold, const domain::refusal& why) {
  auto& under_way = searches_.at(hold);
  switch (why.reason) {
    case rejection::seat_taken:
    case rejection::sold_out:
    case rejection::would_orphan:
    case rejection::limit_exceeded:
      // No such places here. Why they are missing side by side stays true until somebody gives seats back.
      if (under_way.last.fit == domain::togetherness::together)
        not_together_.emplace(under_way.last.section, under_way.wish.best_anywhere->category,
                              under_way.wish.best_anywhere->quantity);
      search_on(hold);
      break;
    default:
      give_up_search(hold, why);
  }
}

void event_holds::give_up_search(domain::hold_id hold, domain::refusal why) {
  auto done = searches_.extract(hold);
  allowances_.give_back(hold);
  done.mapped().asked.deliver(to_error(why));
}

// ---- releasing and reading ---------------------------------------------------

caf::result<void> event_holds::release(messages::release_hold& wish) {
  auto sections = core_.find_sections(wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<void>();
  // Not moved: each section would get what the one before left of it.
  core_.self->fan_out_request<caf::policy::select_all>(*sections, caf::infinite, wish)
      .then([asked]() mutable { asked.deliver(); },
            [asked](caf::error& why) mutable { asked.deliver(std::move(why)); });
  return asked;
}

caf::result<messages::hold_granted> event_holds::find(messages::find_hold& wish) {
  auto sections = core_.find_sections(wish.sections);
  if (!sections)
    return to_error(rejection::not_found);
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  gather_hold(core_.self, *sections, wish,
              [asked](caf::expected<messages::hold_granted> whole) mutable { asked.deliver(std::move(whole)); });
  return asked;
}

// ---- what counts -------------------------------------------------------------

void event_holds::expect_sections(std::size_t count) {
  totals_.resize(std::max(count, totals_.size()));
  totals_seen_.resize(totals_.size());
}

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
  for (const auto& claim : claims.claims) {
    auto& known = known_.try_emplace(claim.hold, known_hold{claim.buyer, {}}).first->second;
    known.parts.emplace_back(claims.section, claim.seats);
    count_again(claim.hold);
  }
  ready_ = --claims_missing_ == 0;
  if (ready_)
    log::of("actors").info("event {} knows what its {} sections hold and have sold", core_.id.value(),
                           core_.sections.size());
}

void event_holds::give_back(const messages::allowance_back& news) {
  seats_freed(news.section);
  // A search that goes on in the next section still needs its allowance.
  if (!searches_.contains(news.hold))
    forget_part(news.hold, news.section);
}

void event_holds::seats_freed(domain::section_no section) {
  not_together_.erase(not_together_.lower_bound({section, std::nullopt, 0}),
                      not_together_.lower_bound(
                          {domain::section_no{static_cast<std::uint16_t>(section.value() + 1)}, std::nullopt, 0}));
}

void event_holds::note_totals(domain::section_no section, const domain::section_totals& totals) {
  auto number = section.value();
  // A section says how it stands as soon as it starts, before the event has met it.
  if (number >= totals_.size())
    expect_sections(number + std::size_t{1});
  if (totals.free > totals_[number].free)
    seats_freed(section);
  totals_[number] = totals;
  if (!totals_seen_[number])
    ++known_totals_;
  totals_seen_[number] = true;
}

void event_holds::note_owned(const domain::order_started& order) {
  known_hold mine{order.buyer, {}};
  for (const auto& seat : order.seats) {
    auto part =
        std::find_if(mine.parts.begin(), mine.parts.end(), [&](const auto& x) { return x.first == seat.section; });
    if (part == mine.parts.end())
      mine.parts.emplace_back(seat.section, 1);
    else
      ++part->second;
  }
  known_.insert_or_assign(order.hold, std::move(mine));
  count_again(order.hold);
}

void event_holds::forget(domain::hold_id hold) {
  known_.erase(hold);
  allowances_.give_back(hold);
}

void event_holds::forget_part(domain::hold_id hold, domain::section_no section) {
  auto known = known_.find(hold);
  if (known == known_.end())
    return;
  std::erase_if(known->second.parts, [&](const auto& part) { return part.first == section; });
  count_again(hold);
}

/// Counts a hold by the parts it still has.
void event_holds::count_again(domain::hold_id hold) {
  auto known = known_.find(hold);
  auto add = [](std::uint32_t sum, const auto& part) { return sum + part.second; };
  auto& parts = known->second.parts;
  if (auto quantity = std::accumulate(parts.begin(), parts.end(), std::uint32_t{0}, add); quantity > 0) {
    allowances_.set(known->second.buyer, hold, quantity);
  } else {
    allowances_.give_back(hold);
    known_.erase(known);
  }
}

} // namespace usher::actors
