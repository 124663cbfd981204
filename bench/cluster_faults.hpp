#pragma once

#include "bench/cluster_nodes.hpp"
#include "bench/cluster_report.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::bench {

/// What happens to a node that is then replaced by the others, and how that is undone.
struct cluster_fault {
  std::string_view figure;
  std::string victim;
  std::vector<std::string> through; ///< the nodes whose clients are looked at
  std::function<void()> strike;
  std::function<void()> undo;
};

/// Measures the time from the fault to the first hold granted in each of the sections that were on the node; in all, if
/// it had the event's own shard, which every hold passes. Leaves the nodes settled.
void measure_fault(cluster_nodes& nodes, const cluster_fault& fault, cluster_report& report);

} // namespace usher::bench
