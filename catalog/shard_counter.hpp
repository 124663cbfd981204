#pragma once

#include "catalog/event_table.hpp"
#include "catalog/shard_tally.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_family_impl.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>

namespace usher::catalog {

/// Counts how this node's shards stand, and shows that to operators.
class shard_counter {
public:
  using listener = std::function<void(const shard_tally&)>;

  /// `on_tally`, if it is not empty, hears of each tally that differs from the one before.
  shard_counter(caf::telemetry::metric_registry& registry, listener on_tally);

  /// So many shards of the event are placed on this node, by one that shares its store.
  void note_placed(const domain::event_id& event, std::size_t shards) { placed_[event] = shards; }
  /// Counts anew. A node that has its store alone has all shards placed on it. Looks at each shard.
  void count(const event_table& running, bool shares);

private:
  void show(const shard_tally& tally);

  caf::telemetry::metric_family_impl<caf::telemetry::int_gauge>& gauges_;
  listener on_tally_;
  std::map<domain::event_id, std::size_t> placed_;
  std::optional<shard_tally> told_;
};

} // namespace usher::catalog
