#include "domain/failed_orders.hpp"

#include "domain/ensure.hpp"

#include <algorithm>

namespace usher::domain {

failed_orders::failed_orders(std::size_t most, std::uint32_t most_per_buyer)
    : most_(most), most_per_buyer_(most_per_buyer) {
  ensure(most > 0 && most_per_buyer > 0, "the newest failed order is always remembered");
}

std::optional<order_id> failed_orders::remember(order_id order, const buyer_id& buyer) {
  auto& count = by_buyer_[buyer];
  auto oldest = row_.end();
  if (count == most_per_buyer_)
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

void failed_orders::count_out(const buyer_id& buyer) {
  auto counted = by_buyer_.find(buyer);
  ensure(counted != by_buyer_.end(), "whoever has a failed order is counted");
  if (--counted->second == 0)
    by_buyer_.erase(counted);
}

std::vector<order_id> failed_orders::in_order() const {
  std::vector<order_id> result;
  result.reserve(row_.size());
  for (const auto& x : row_)
    result.push_back(x.order);
  return result;
}

} // namespace usher::domain
