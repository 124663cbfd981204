#include "actors/counted_holds.hpp"

#include <algorithm>
#include <numeric>

namespace usher::actors {

std::uint32_t quantity_of(const domain::wish& wanted) {
  if (const auto* seats = std::get_if<domain::seats_wish>(&wanted))
    return static_cast<std::uint32_t>(seats->seats.size());
  if (const auto* best = std::get_if<domain::best_wish>(&wanted))
    return best->quantity;
  return std::get<domain::quantity_wish>(wanted).quantity;
}

bool known_hold::has_part_in(domain::section_no section) const {
  return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.section == section; });
}

counted_holds::counted_holds(const domain::event& event, shared_epoch as_of)
    : event_(event), as_of_(std::move(as_of)) {}

std::optional<domain::refusal> counted_holds::take_allowance(const messages::hold_seats& wish, std::uint32_t quantity) {
  return allowances_.take(wish.buyer, wish.hold, quantity, event_.settings().max_seats_per_buyer);
}

void counted_holds::give_allowance_back(domain::hold_id hold) {
  allowances_.give_back(hold);
}

const known_hold* counted_holds::find(domain::hold_id hold) const {
  auto known = known_.find(hold);
  return known == known_.end() ? nullptr : &known->second;
}

std::optional<domain::refusal> counted_holds::refusal_of_another(const messages::hold_seats& wish) const {
  const auto* known = find(wish.hold);
  if (!known)
    return std::nullopt;
  if (known->buyer != wish.buyer)
    return domain::refusal{.reason = domain::rejection::not_found};
  // Even if its digest is unknown, e.g. after a restart, where a hold is remains known.
  auto is_elsewhere = wish.sections.size() == 1 && !known->has_part_in(wish.sections.front().section);
  if (is_elsewhere || (known->wish_digest != 0 && known->wish_digest != wish.wish_digest))
    return domain::refusal{.reason = domain::rejection::idempotency_mismatch};
  return std::nullopt;
}

messages::attempt counted_holds::next_attempt() {
  return {as_of_.get(), ++attempts_};
}

messages::attempt counted_holds::next_attempt(domain::hold_id hold, std::optional<domain::section_no> section) {
  auto attempt = next_attempt();
  for (auto& part : known_.at(hold).parts)
    if (!section || part.section == *section)
      part.last = attempt;
  return attempt;
}

bool counted_holds::add(domain::hold_id hold, known_hold wanted) {
  return known_.try_emplace(hold, std::move(wanted)).second;
}

std::optional<domain::refusal> counted_holds::add_parts(domain::hold_id hold, const known_hold& wanted) {
  auto parts = known_.at(hold).parts;
  auto missing = [&](const auto& part) {
    return std::none_of(parts.begin(), parts.end(), [&](const auto& x) { return x.section == part.section; });
  };
  std::uint64_t sum = allowances_.taken_by(wanted.buyer);
  auto known = parts.size();
  for (const auto& part : wanted.parts)
    if (missing(part)) {
      parts.push_back(part);
      sum += part.seats;
    }
  if (parts.size() == known)
    return std::nullopt;
  if (sum > event_.settings().max_seats_per_buyer)
    return domain::refusal{.reason = domain::rejection::limit_exceeded};
  known_.at(hold).parts = std::move(parts);
  count_again(hold);
  return std::nullopt;
}

void counted_holds::add_claim(domain::hold_id hold, const domain::buyer_id& buyer, domain::section_no section,
                              std::uint32_t seats) {
  auto& known = known_.try_emplace(hold, known_hold{buyer, {}}).first->second;
  auto part = std::find_if(known.parts.begin(), known.parts.end(), [&](const auto& x) { return x.section == section; });
  if (part == known.parts.end())
    known.parts.push_back({section, seats});
  else
    part->seats = seats;
  count_again(hold);
}

void counted_holds::set(domain::hold_id hold, known_hold present) {
  known_.insert_or_assign(hold, std::move(present));
  count_again(hold);
}

void counted_holds::note_granted(domain::hold_id hold, const messages::hold_granted& granted) {
  for (const auto& part : granted.sections)
    for (auto& mine : known_.at(hold).parts)
      if (mine.section == part.section)
        mine.seats = static_cast<std::uint32_t>(part.seats.size());
  count_again(hold);
}

void counted_holds::note_owned(const domain::order_started& order) {
  known_hold mine{order.buyer, {}};
  for (const auto& seat : order.seats) {
    auto part =
        std::find_if(mine.parts.begin(), mine.parts.end(), [&](const auto& x) { return x.section == seat.section; });
    if (part == mine.parts.end())
      mine.parts.push_back({seat.section, 1});
    else
      ++part->seats;
  }
  set(order.hold, std::move(mine));
}

void counted_holds::forget(domain::hold_id hold) {
  known_.erase(hold);
  allowances_.give_back(hold);
}

void counted_holds::forget_part(domain::hold_id hold, domain::section_no section,
                                std::optional<messages::attempt> attempt) {
  auto known = known_.find(hold);
  if (known == known_.end())
    return;
  std::erase_if(known->second.parts,
                [&](const known_part& part) { return part.section == section && !(attempt && *attempt < part.last); });
  count_again(hold);
}

std::vector<domain::hold_id> counted_holds::forget_unpaid(const std::vector<domain::hold_id>& holds,
                                                          domain::section_no section) {
  std::vector<domain::hold_id> paid_for;
  for (auto hold : holds) {
    if (event_.is_paid_for(hold))
      paid_for.push_back(hold);
    else
      forget_part(hold, section);
  }
  return paid_for;
}

/// Recounts a hold by the parts it still has.
void counted_holds::count_again(domain::hold_id hold) {
  auto known = known_.find(hold);
  auto add = [](std::uint32_t sum, const auto& part) { return sum + part.seats; };
  auto& parts = known->second.parts;
  if (auto quantity = std::accumulate(parts.begin(), parts.end(), std::uint32_t{0}, add); quantity > 0) {
    allowances_.set(known->second.buyer, hold, quantity);
  } else {
    allowances_.give_back(hold);
    known_.erase(known);
  }
}

} // namespace usher::actors
