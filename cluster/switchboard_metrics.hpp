#pragma once

#include "cluster/link/link.hpp"
#include "domain/ids.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_family_impl.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace usher::cluster {

/// What the switchboard counts and times.
class switchboard_metrics {
public:
  using moment = std::chrono::steady_clock::time_point;
  /// The links to more nodes than these are not shown.
  static constexpr std::size_t names_max = 64;

  explicit switchboard_metrics(caf::telemetry::metric_registry& registry);

  /// A frame has come.
  void take_frame(std::size_t items);
  /// The links as they stand; `queued` says how many bytes wait for a node. A link that nobody seeks any more is down.
  void show(const std::vector<link_figures>& links, const std::function<std::size_t(incarnation)>& queued);

  // ---- how long a shard's door waits when it is given away ----

  /// This node has given the shard away, and what is asked of it has waited since then. `known` is the newest epoch at
  /// which another node is known to serve it.
  void gave(const domain::shard_id& shard, domain::epoch given, moment waits_since, domain::epoch known, moment now);
  /// Another node is known to serve the shard.
  void found(const domain::shard_id& shard, domain::epoch at, moment now);
  /// This node serves the shard again.
  void forget(const domain::shard_id& shard) { given_.erase(shard); }

  caf::telemetry::int_counter& passed_on;
  caf::telemetry::int_counter& unknown;
  caf::telemetry::int_counter& moved;
  caf::telemetry::int_gauge& parked;

private:
  struct gift {
    domain::epoch epoch;
    moment waits_since;
  };

  template <class Metric>
  using family = caf::telemetry::metric_family_impl<Metric>;

  caf::telemetry::int_counter& frames_;
  caf::telemetry::int_histogram& items_per_frame_;
  caf::telemetry::dbl_histogram& hand_over_pause_;
  family<caf::telemetry::int_gauge>& link_up_;
  family<caf::telemetry::int_gauge>& link_queue_;
  family<caf::telemetry::dbl_gauge>& link_round_trip_;
  std::set<std::string> named_;                      ///< nodes whose links are, or were, shown
  std::unordered_map<domain::shard_id, gift> given_; ///< that nobody is known to serve yet
};

} // namespace usher::cluster
