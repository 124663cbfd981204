#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::domain {

/// The orders that last ended without any money, in the order in which they ended. An event remembers these and forgets
/// earlier ones, so that buyers whose payments are declined again and again do not fill its memory, nor do those who
/// order and cancel what costs nothing.
class unpaid_orders {
public:
  /// Remembers at most `most` of them, and at most `per_buyer_max` of each buyer.
  unpaid_orders(std::size_t most, std::uint32_t per_buyer_max);

  /// Adds an order that is not among them. Returns the one to forget in its place, if any: the same buyer's oldest when
  /// that buyer has too many, else the oldest of all. O(most) for a buyer with too many, else O(1).
  std::optional<order_id> remember(order_id order, const buyer_id& buyer);

  [[nodiscard]] std::size_t size() const noexcept { return row_.size(); }
  /// The oldest first.
  [[nodiscard]] std::vector<order_id> in_order() const;

  friend bool operator==(const unpaid_orders&, const unpaid_orders&) = default;

private:
  struct entry {
    order_id order;
    buyer_id buyer;

    friend bool operator==(const entry&, const entry&) = default;
  };

  void count_out(const buyer_id& buyer);

  std::size_t most_;
  std::uint32_t per_buyer_max_;
  std::deque<entry> row_;
  std::unordered_map<buyer_id, std::uint32_t> by_buyer_; ///< how many each has in the queue, without zeros
};

} // namespace usher::domain
