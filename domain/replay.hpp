#pragma once

#include "domain/facts.hpp"

#include <vector>

namespace usher::domain {

/// Applies a history to an empty shard: its snapshot, then the facts after that.
template <class Shard>
[[nodiscard]] Shard replay(Shard shard, const std::vector<fact>& snapshot, const std::vector<fact>& facts) {
  for (const auto* part : {&snapshot, &facts})
    for (const auto& each : *part)
      shard.apply(each);
  return shard;
}

} // namespace usher::domain
