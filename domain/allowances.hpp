#pragma once

#include "domain/decision.hpp"
#include "domain/ids.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace usher::domain {

/// How many seats each buyer of an event may still take, over all of its sections.
///
/// Taken before a section decides and given back when it refuses or when the hold ends. Not journaled: after a restart
/// the sections' claims rebuild it.
class allowances {
public:
  /// Takes `quantity` for a hold. Taking again for the same hold and buyer changes nothing and succeeds.
  /// Refused as `limit_exceeded` when the buyer would have more than `most`, and as `not_found`
  /// when the hold is another buyer's.
  [[nodiscard]] std::optional<refusal> take(const buyer_id& buyer, hold_id hold, std::uint32_t quantity,
                                            std::uint32_t most);
  /// Corrects what a hold counts, e.g. after a restart or when `best` found its seats.
  void set(const buyer_id& buyer, hold_id hold, std::uint32_t quantity);
  /// Gives back everything a hold has taken. Repeating it does nothing.
  void give_back(hold_id hold);

  [[nodiscard]] std::uint32_t taken_by(const buyer_id& buyer) const;
  /// The holds for which a buyer has taken something, in no particular order. O(of these).
  [[nodiscard]] std::vector<hold_id> holds_of(const buyer_id& buyer) const;

private:
  struct share {
    buyer_id buyer;
    std::uint32_t quantity = 0;
    std::optional<hold_id> next; ///< another hold of the same buyer
  };
  /// All of one buyer's shares: they are a chain.
  struct account {
    std::uint32_t sum = 0;
    std::optional<hold_id> first;
  };

  void add(account& whose, const buyer_id& buyer, hold_id hold, std::uint32_t quantity);
  void take_out_of_chain(account& whose, hold_id hold, const share& what);

  boost::unordered_flat_map<hold_id, share, std::hash<hold_id>> by_hold_;
  boost::unordered_flat_map<buyer_id, account, std::hash<buyer_id>> by_buyer_; ///< of those with a share
};

} // namespace usher::domain
