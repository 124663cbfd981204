#pragma once

#include "domain/instant.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace usher::node {

/// When anything at all was written about an event, to the second: then somebody served it. A process that was stopped,
/// or cut off from its store, leaves a gap, and is not to blame for what it did not do in it.
class event_activity {
public:
  void note(domain::instant at) { seconds_.insert(std::chrono::floor<domain::seconds>(at)); }

  /// The first moment not before `since` at which somebody served the event; `since` itself when nobody did any more.
  [[nodiscard]] domain::instant first_since(domain::instant since) const {
    auto found = seconds_.lower_bound(std::chrono::floor<domain::seconds>(since));
    return found == seconds_.end() ? since : std::max<domain::instant>(since, *found);
  }

  /// The last one; the beginning of time when there was none.
  [[nodiscard]] domain::instant last() const {
    return seconds_.empty() ? domain::instant{} : domain::instant{*seconds_.rbegin()};
  }

private:
  std::set<std::chrono::time_point<domain::instant::clock, domain::seconds>> seconds_;
};

} // namespace usher::node
