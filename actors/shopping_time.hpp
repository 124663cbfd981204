#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::actors {

/// Who is inside, and until when their pass lasts.
class shopping_time {
public:
  /// Repeating it does nothing; with another end, that one counts.
  void begin(const domain::buyer_id& buyer, domain::instant until) {
    if (auto known = ends_.find(buyer); known != ends_.end() && known->second == until)
      return;
    end(buyer);
    by_end_.emplace(until, buyer);
    ends_.emplace(buyer, until);
  }

  void end(const domain::buyer_id& buyer) {
    auto known = ends_.find(buyer);
    if (known == ends_.end())
      return;
    by_end_.erase({known->second, buyer});
    ends_.erase(known);
  }

  /// When the earliest pass ends.
  [[nodiscard]] std::optional<domain::instant> next_end() const {
    return by_end_.empty() ? std::nullopt : std::optional{by_end_.begin()->first};
  }

  /// Those whose pass runs out by `now`, once each.
  [[nodiscard]] std::vector<domain::buyer_id> take_overdue(domain::instant now) {
    std::vector<domain::buyer_id> result;
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
      result.push_back(std::move(by_end_.extract(by_end_.begin()).value().second));
      ends_.erase(result.back());
    }
    return result;
  }

private:
  std::set<std::pair<domain::instant, domain::buyer_id>> by_end_;
  std::unordered_map<domain::buyer_id, domain::instant> ends_;
};

} // namespace usher::actors
