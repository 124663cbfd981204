#pragma once

#include "domain/ids.hpp"

#include <cstddef>
#include <vector>

namespace usher::catalog {

/// How the shards of this node stand, counted.
struct shard_tally {
  /// Of one event some of whose shards are this node's and not simply served.
  struct of_event {
    domain::event_id event;
    std::size_t moving = 0;  ///< being taken or given
    std::size_t stopped = 0; ///< by a fault

    friend bool operator==(const of_event&, const of_event&) = default;
  };

  std::size_t wanted = 0; ///< those that are placed here
  std::size_t served = 0; ///< those with an actor that answers
  std::size_t giving = 0; ///< those on their way to other nodes
  std::size_t taking = 0; ///< those that this node is to have and does not serve yet
  std::size_t stopped = 0;
  std::vector<of_event> events{}; ///< by id

  friend bool operator==(const shard_tally&, const shard_tally&) = default;
};

} // namespace usher::catalog
