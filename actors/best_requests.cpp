#include "actors/best_requests.hpp"

#include "messages/refusal.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace usher::actors {

using domain::rejection;
using messages::to_error;
using messages::to_refusal;

best_requests::best_requests(event_common& core, counted_holds& known, hold_undoing& undoing, search_hints& places)
    : core_(core), known_(known), undoing_(undoing), places_(places) {}

caf::result<messages::hold_granted> best_requests::begin(messages::hold_seats& wish) {
  if (auto why = known_.take_allowance(wish, wish.best_anywhere->quantity))
    return to_error(*why);
  auto hold = wish.hold;
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  best_search search{sections_with(wish.best_anywhere->category), *wish.best_anywhere};
  under_way_.try_emplace(hold, search_under_way{std::move(search), std::move(wish), asked});
  search_on(hold);
  return asked;
}

/// The sections that have places of the category; all sections if there is none.
const best_search::sections_in_question& best_requests::sections_with(std::optional<domain::category_no> category) {
  auto [known, is_new] = sections_with_.try_emplace(category);
  auto& result = known->second;
  if (!is_new)
    return result;
  for (auto number : core_.plan->order()) {
    const auto& section = core_.plan->section(number);
    std::array<bool, 3> has_grade{};
    for (const auto& seat : section.seats)
      if (!category || seat.category == *category)
        has_grade[static_cast<std::size_t>(seat.grade())] = true;
    auto is_wanted =
        section.general() ? !category || section.general_category == *category : has_grade != std::array<bool, 3>{};
    if (is_wanted)
      result.all.push_back(number);
    if (has_grade[static_cast<std::size_t>(domain::seat_grade::restricted)])
      result.with_restricted.push_back(number);
    if (has_grade[static_cast<std::size_t>(domain::seat_grade::wheelchair)])
      result.with_wheelchair.push_back(number);
  }
  return result;
}

void best_requests::search_on(domain::hold_id hold) {
  auto& under_way = under_way_.at(hold);
  const auto& wanted = *under_way.wish.best_anywhere;
  auto next = under_way.search.next([&](const auto& attempt) { return places_.may_have(attempt, wanted); });
  if (!next)
    return give_up(hold, {.reason = rejection::sold_out});
  under_way.last = *next;
  under_way.asked_at = core_.now();
  auto here = wanted;
  here.fit = next->fit;
  here.worst = next->worst;
  core_.self
      ->request(core_.sections[next->section.value()], caf::infinite,
                messages::hold_in_section{under_way.wish.trace, hold, under_way.wish.buyer, here,
                                          under_way.wish.wish_digest, std::nullopt, known_.next_attempt()})
      .then([this, hold](const messages::hold_granted& found) { granted(hold, found); },
            [this, hold](const caf::error& why) { refused(hold, to_refusal(why)); });
}

void best_requests::granted(domain::hold_id hold, const messages::hold_granted& found) {
  auto done = under_way_.extract(hold);
  known_hold mine{found.buyer, {}, done.mapped().wish.wish_digest};
  for (const auto& part : found.sections)
    mine.parts.push_back({part.section, static_cast<std::uint32_t>(part.seats.size())});
  known_.set(hold, std::move(mine));
  done.mapped().asked.deliver(found);
  core_.hold_answered();
}

void best_requests::refused(domain::hold_id hold, const domain::refusal& why) {
  auto& under_way = under_way_.at(hold);
  switch (why.reason) {
    case rejection::seat_taken:
    case rejection::sold_out:
    case rejection::would_orphan:
    case rejection::limit_exceeded:
      // No such places here. That none are side by side stays true until seats are freed.
      if (under_way.last.fit == domain::togetherness::together)
        places_.note_not_together(under_way.last, *under_way.wish.best_anywhere);
      search_on(hold);
      break;
    case rejection::not_for_sale:
      search_on(hold);
      break;
    case rejection::outcome_unknown:
      undo(hold, why);
      break;
    default:
      give_up(hold, why);
  }
}

/// The section that was asked last may hold the places. They count until it is known that it does not.
void best_requests::undo(domain::hold_id hold, const domain::refusal& why) {
  auto done = std::move(under_way_.extract(hold).mapped());
  const auto& wish = done.wish;
  auto section = done.last.section;
  known_.set(hold, known_hold{wish.buyer, {{section, wish.best_anywhere->quantity}}, wish.wish_digest});
  done.asked.deliver(to_error(why));
  undoing_.begin({wish.trace, core_.id, hold, wish.buyer, {section}, false}, {section}, why,
                 done.asked_at + core_.event.settings().hold_ttl);
}

void best_requests::give_up(domain::hold_id hold, const domain::refusal& why) {
  auto done = under_way_.extract(hold);
  known_.give_allowance_back(hold);
  done.mapped().asked.deliver(to_error(why));
  core_.hold_answered();
}

} // namespace usher::actors
