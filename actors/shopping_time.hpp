#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::actors {

/// Who has been let in, and until when their pass lasts.
///
/// All passes last equally long, so they end in the order in which they began, and a queue is enough. A pass that ended
/// early stays in it until its turn, or until such passes outnumber the others.
class shopping_time {
public:
  explicit shopping_time(domain::seconds pass_ttl) : pass_ttl_(pass_ttl) {}

  void begin(const domain::buyer_id& buyer, domain::instant now) {
    passes_.emplace_back(now + pass_ttl_, buyer);
    ends_[buyer] = now + pass_ttl_;
  }

  void end(const domain::buyer_id& buyer) {
    ends_.erase(buyer);
    if (passes_.size() > 2 * ends_.size() + few)
      std::erase_if(passes_, [this](const pass& one) { return !lasts(one); });
  }

  /// When the earliest pass ends. If that pass was ended early, there is nothing to do then.
  [[nodiscard]] std::optional<domain::instant> next_end() const {
    return passes_.empty() ? std::nullopt : std::optional{passes_.front().first};
  }

  /// Those whose pass runs out by `now`, once each.
  [[nodiscard]] std::vector<domain::buyer_id> take_overdue(domain::instant now) {
    std::vector<domain::buyer_id> result;
    for (; !passes_.empty() && passes_.front().first <= now; passes_.pop_front()) {
      auto& earliest = passes_.front();
      if (!lasts(earliest))
        continue;
      ends_.erase(earliest.second);
      result.push_back(std::move(earliest.second));
    }
    return result;
  }

private:
  using pass = std::pair<domain::instant, domain::buyer_id>;

  /// Up to this many are not worth cleaning up.
  static constexpr std::size_t few = 1024;

  /// Whether it was not ended early. Somebody who was let in again since has a later one.
  [[nodiscard]] bool lasts(const pass& one) const {
    auto found = ends_.find(one.second);
    return found != ends_.end() && found->second == one.first;
  }

  domain::seconds pass_ttl_;
  std::deque<pass> passes_;
  std::unordered_map<domain::buyer_id, domain::instant> ends_;
};

} // namespace usher::actors
