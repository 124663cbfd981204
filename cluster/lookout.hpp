#pragma once

#include "cluster/cuts.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace usher::cluster {

/// Looks at who lives in the store, and ends whoever must go.
class lookout {
public:
  lookout(const member_watch_limits& limits, std::function<tick()> now)
      : limits_(limits), now_(std::move(now)), watch_(limits) {}

  /// Who lives now, and who cannot reach whom.
  [[nodiscard]] membership read(persistence::coordination& store);
  /// Ends those who must go by what was read last, and takes whoever does not live any more from it, perhaps this node.
  /// Without a view of its own, by somebody who has not joined: whoever is silent must go. Returns those that were
  /// ended.
  std::vector<accusation> judge(persistence::coordination& store, membership& all, const std::optional<own_view>& own);

private:
  [[nodiscard]] std::vector<accusation> accused(const membership& all, const std::optional<own_view>& own);

  member_watch_limits limits_;
  std::function<tick()> now_;
  member_watch watch_;
  cuts cuts_;
  tick answered_; ///< the store, most recently
};

} // namespace usher::cluster
