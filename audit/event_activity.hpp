#pragma once

#include "domain/instant.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>

namespace usher::audit {

/// When anything at all was written about an event, i.e. when somebody served it. A process that was stopped, or cut
/// off from its store, leaves a gap, and is not to blame for what it did not do in it. Keeps two moments of each
/// second.
class event_activity {
public:
  void note(domain::instant at) {
    auto [second, is_new] = seconds_.try_emplace(std::chrono::floor<domain::seconds>(at), span{at, at});
    auto& [first, last] = second->second;
    first = std::min(first, at);
    last = std::max(last, at);
  }

  /// The first moment from `since` on at which somebody served the event; `since` itself if nobody did any more, or if
  /// somebody did in the rest of that second.
  [[nodiscard]] domain::instant first_since(domain::instant since) const {
    auto found = seconds_.lower_bound(std::chrono::floor<domain::seconds>(since));
    if (found != seconds_.end() && found->second.last < since)
      ++found;
    return found == seconds_.end() ? since : std::max(since, found->second.first);
  }

  /// The last such moment; the epoch if there was none.
  [[nodiscard]] domain::instant last() const {
    return seconds_.empty() ? domain::instant{} : std::prev(seconds_.end())->second.last;
  }

private:
  struct span {
    domain::instant first;
    domain::instant last;
  };

  std::map<std::chrono::time_point<domain::instant::clock, domain::seconds>, span> seconds_;
};

} // namespace usher::audit
