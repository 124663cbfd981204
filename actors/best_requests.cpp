#include "actors/best_requests.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace usher::actors {

using domain::rejection;

best_requests::best_requests(event_common& core, event_side& holds, search_hints& places)
    : core_(core), holds_(holds), places_(places) {}

std::optional<domain::refusal> best_requests::begin(const messages::hold_seats& wish, const domain::best_wish& wanted) {
  if (auto why = holds_.search(wish, wanted.quantity))
    return why;
  search_under_way search{best_search{sections_with(wanted.category), wanted}, wanted};
  search.wish.trace = wish.trace;
  search.wish.hold = wish.hold;
  search.wish.buyer = wish.buyer;
  search.wish.wish_digest = wish.wish_digest;
  search_in_next(wish.hold, under_way_.try_emplace(wish.hold, std::move(search)).first->second);
  return std::nullopt;
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

void best_requests::search_in_next(domain::hold_id hold, search_under_way& under_way) {
  auto some_closed = false;
  auto next = under_way.search.next([&](const auto& attempt) {
    auto is_closed = holds_.is_closed(attempt.section);
    some_closed = some_closed || is_closed;
    return !is_closed && places_.may_have(attempt, under_way.wanted);
  });
  if (!next)
    return holds_.give_up(hold, {.reason = some_closed ? rejection::overloaded : rejection::sold_out});
  under_way.last = *next;
  auto here = under_way.wanted;
  here.fit = next->fit;
  here.worst = next->worst;
  under_way.wish.wanted = here;
  holds_.search_in(next->section, under_way.wish, core_.now() + core_.durable_settings.hold_ttl);
}

void best_requests::search_on(domain::hold_id hold, const domain::refusal& why) {
  auto& under_way = under_way_.at(hold);
  switch (why.reason) {
    case rejection::seat_taken:
    case rejection::sold_out:
    case rejection::would_orphan:
    case rejection::limit_exceeded:
      // No such places here. That none are side by side stays true until seats are freed.
      if (under_way.last.fit == domain::togetherness::together)
        places_.note_not_together(under_way.last, under_way.wanted);
      return search_in_next(hold, under_way);
    case rejection::not_for_sale:
      return search_in_next(hold, under_way);
    default:
      return holds_.give_up(hold, why);
  }
}

} // namespace usher::actors
