#pragma once

#include "cluster/placement.hpp"
#include "messages/cluster.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace usher::cluster {

/// The nodes that share a store, as the census has seen them, and which of them each shard belongs to.
class node_view {
public:
  /// These live now.
  void see(std::vector<messages::node_seen> nodes);

  /// Whether any of them may have shards.
  [[nodiscard]] bool can_take() const noexcept { return !candidates_.empty(); }
  /// Whether this one may.
  [[nodiscard]] bool may_take(std::uint64_t node) const;
  /// Whether the one lives whose shards' rows have this owner.
  [[nodiscard]] bool lives(const std::string& owner) const;
  /// The numbers of the nodes to which an event's shards belong: the event's own, its room's, and its sections'. Empty
  /// while nobody may have shards.
  [[nodiscard]] std::vector<std::uint64_t> homes(const domain::event_id& event, std::uint16_t sections) const;

private:
  std::vector<messages::node_seen> nodes_;
  std::vector<candidate> candidates_;  ///< those of them that may have shards
  std::vector<std::uint64_t> numbers_; ///< and theirs, in the same order
};

} // namespace usher::cluster
