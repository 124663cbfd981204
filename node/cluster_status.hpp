#pragma once

#include "persistence/coordination.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace usher::node {

/// How the nodes of a store stand, as the store has it.
struct cluster_picture {
  std::optional<persistence::cluster_card> card; ///< none for a store that one node only can use
  persistence::membership all;
  std::vector<persistence::owned_shards> shards;
  std::string seen_by;                  ///< the name of the node that has looked
  std::chrono::microseconds answered{}; ///< how long the store took to say who lives
};

/// As a JSON object (`codec/openapi.json`, `Cluster`). Of more than a thousand events only the first thousand are in
/// it.
[[nodiscard]] std::string encode(const cluster_picture& picture);

} // namespace usher::node
