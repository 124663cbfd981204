#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace usher::cluster {

/// A node that may own shards. Its name counts, not its incarnation: one that was started again gets its shards back.
struct candidate {
  std::string name;
  std::uint32_t weight = 100; ///< 0: nothing, unless nobody has more
};

/// Which candidate each shard of an event belongs to, by its place in `nodes`; empty when there are none. The shards
/// are the event, its room, and its sections by number.
///
/// Each shard goes to the node with the highest score (weighted rendezvous), unless that has its fill of this event: a
/// quarter more than its share. So no node has all of a small event; a node that joins takes about its share, and no
/// shard moves between two others except because of that limit. Every node computes the same, in whatever order it
/// knows the candidates.
[[nodiscard]] std::vector<std::size_t> place(const domain::event_id& event, std::uint16_t sections,
                                             std::span<const candidate> nodes);

/// At most how many of `shards` shards a node takes that has `weight` of all nodes' `total`.
[[nodiscard]] std::size_t fill_of(std::size_t shards, std::uint64_t weight, std::uint64_t total);

} // namespace usher::cluster
