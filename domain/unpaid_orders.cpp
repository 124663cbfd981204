#include "domain/unpaid_orders.hpp"

#include "domain/ensure.hpp"

#include <algorithm>

namespace usher::domain {

unpaid_orders::unpaid_orders(std::size_t most, std::uint32_t per_buyer_max)
    : most_(most), per_buyer_max_(per_buyer_max) {
  ensure(most > 0 && per_buyer_max > 0, "the newest unpaid order is always remembered");
}

std::optional<order_id> unpaid_orders::remember(order_id order, const buyer_id& buyer) {
  auto& count = by_buyer_[buyer];
  auto oldest = row_.end();
  if (count == per_buyer_max_)
    oldest = std::find_if(row_.begin(), row_.end(), [&](const entry& x) { return x.buyer == buyer; });
  else if (row_.size() == most_)
    oldest = row_.begin();
  ++count;
  std::optional<order_id> forgotten;
  if (oldest != row_.end()) {
    forgotten = oldest->order;
    count_out(oldest->buyer);
    row_.erase(oldest);
  }
  row_.push_back({order, buyer});
  return forgotten;
}

void unpaid_orders::count_out(const buyer_id& buyer) {
  auto counted = by_buyer_.find(buyer);
  ensure(counted != by_buyer_.end(), "whoever has an unpaid order is counted");
  if (--counted->second == 0)
    by_buyer_.erase(counted);
}

std::vector<order_id> unpaid_orders::in_order() const {
  std::vector<order_id> result;
  result.reserve(row_.size());
  for (const auto& x : row_)
    result.push_back(x.order);
  return result;
}

} // namespace usher::domain
