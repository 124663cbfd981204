#include "domain/allowances.hpp"

#include "domain/ensure.hpp"

namespace usher::domain {

std::optional<refusal> allowances::take(const buyer_id& buyer, hold_id hold, std::uint32_t quantity,
                                        std::uint32_t most) {
  if (auto found = by_hold_.find(hold); found != by_hold_.end()) {
    if (found->second.buyer != buyer)
      return refusal{.reason = rejection::not_found};
    return std::nullopt;
  }
  if (quantity == 0)
    return std::nullopt;
  auto whose = by_buyer_.try_emplace(buyer).first;
  if (std::uint64_t{whose->second.sum} + quantity > most) {
    if (whose->second.sum == 0)
      by_buyer_.erase(whose);
    return refusal{.reason = rejection::limit_exceeded};
  }
  add(whose->second, buyer, hold, quantity);
  return std::nullopt;
}

void allowances::set(const buyer_id& buyer, hold_id hold, std::uint32_t quantity) {
  if (auto found = by_hold_.find(hold); found != by_hold_.end()) {
    ensure(found->second.buyer == buyer, "a hold counts for the buyer it was taken for");
    give_back(hold);
  }
  if (quantity == 0)
    return;
  add(by_buyer_[buyer], buyer, hold, quantity);
}

void allowances::add(account& whose, const buyer_id& buyer, hold_id hold, std::uint32_t quantity) {
  by_hold_.emplace(hold, share{buyer, quantity, whose.first});
  whose.first = hold;
  whose.sum += quantity;
}

void allowances::give_back(hold_id hold) {
  auto found = by_hold_.find(hold);
  if (found == by_hold_.end())
    return;
  auto whose = by_buyer_.find(found->second.buyer);
  ensure(whose != by_buyer_.end() && whose->second.sum >= found->second.quantity,
         "a buyer's sum covers each of their holds");
  take_out_of_chain(whose->second, hold, found->second);
  whose->second.sum -= found->second.quantity;
  if (whose->second.sum == 0)
    by_buyer_.erase(whose);
  by_hold_.erase(found);
}

void allowances::take_out_of_chain(account& whose, hold_id hold, const share& what) {
  auto* link = &whose.first;
  while (*link != hold) {
    ensure(link->has_value(), "each share of a buyer is in their chain");
    link = &by_hold_.find(**link)->second.next;
  }
  *link = what.next;
}

std::uint32_t allowances::taken_by(const buyer_id& buyer) const {
  auto found = by_buyer_.find(buyer);
  return found == by_buyer_.end() ? 0 : found->second.sum;
}

std::vector<hold_id> allowances::holds_of(const buyer_id& buyer) const {
  std::vector<hold_id> result;
  auto found = by_buyer_.find(buyer);
  for (auto next = found == by_buyer_.end() ? std::nullopt : found->second.first; next;
       next = by_hold_.find(*next)->second.next)
    result.push_back(*next);
  return result;
}

} // namespace usher::domain
