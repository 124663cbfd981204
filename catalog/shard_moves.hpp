#pragma once

#include "domain/ids.hpp"

#include <caf/actor_clock.hpp>
#include <caf/fwd.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_family_impl.hpp>

#include <cstdint>
#include <unordered_map>

namespace usher::catalog {

/// How an attempt to give a shard to another node ended.
enum class hand_over : std::uint8_t {
  given,
  overdue,   ///< it did not come to rest in time
  not_given, ///< the store did not give it: the taker had ended, or it was not this node's any more
};

/// Counts and times how shards come to this node and leave it.
class shard_moves {
public:
  using moment = caf::actor_clock::time_point;

  explicit shard_moves(caf::telemetry::metric_registry& registry);

  /// The shard belongs here, and the node that had it has ended. Repeating it changes nothing.
  void seen_free(const domain::shard_id& shard, moment now) { free_since_.try_emplace(shard, now); }
  void served(const domain::shard_id& shard, moment now);
  /// Requests wait until the shard is with another node.
  void begun(const domain::shard_id& shard, moment now) { waits_since_[shard] = now; }
  /// Returns when the attempt began.
  moment ended(const domain::shard_id& shard, hand_over how);
  /// The shard is another node's.
  void gone(const domain::shard_id& shard) { free_since_.erase(shard); }

private:
  caf::telemetry::int_counter& takeovers_;
  caf::telemetry::dbl_histogram& takeover_;
  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>& hand_overs_;
  std::unordered_map<domain::shard_id, moment> free_since_;
  std::unordered_map<domain::shard_id, moment> waits_since_; ///< shards that are being given away
};

} // namespace usher::catalog
