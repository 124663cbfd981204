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
  auto sum = by_buyer_.try_emplace(buyer, 0).first;
  if (std::uint64_t{sum->second} + quantity > most) {
    if (sum->second == 0)
      by_buyer_.erase(sum);
    return refusal{.reason = rejection::limit_exceeded};
  }
  sum->second += quantity;
  by_hold_.emplace(hold, share{buyer, quantity});
  return std::nullopt;
}

void allowances::set(const buyer_id& buyer, hold_id hold, std::uint32_t quantity) {
  if (auto found = by_hold_.find(hold); found != by_hold_.end()) {
    ensure(found->second.buyer == buyer, "a hold counts for the buyer it was taken for");
    give_back(hold);
  }
  if (quantity == 0)
    return;
  by_hold_.emplace(hold, share{buyer, quantity});
  by_buyer_[buyer] += quantity;
}

void allowances::give_back(hold_id hold) {
  auto found = by_hold_.find(hold);
  if (found == by_hold_.end())
    return;
  auto sum = by_buyer_.find(found->second.buyer);
  ensure(sum != by_buyer_.end() && sum->second >= found->second.quantity, "a buyer's sum covers each of their holds");
  sum->second -= found->second.quantity;
  if (sum->second == 0)
    by_buyer_.erase(sum);
  by_hold_.erase(found);
}

std::uint32_t allowances::taken_by(const buyer_id& buyer) const {
  auto found = by_buyer_.find(buyer);
  return found == by_buyer_.end() ? 0 : found->second;
}

} // namespace usher::domain
