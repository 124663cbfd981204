#pragma once

#include "bench/cluster_nodes.hpp"
#include "bench/cluster_report.hpp"

#include <string>

namespace usher::bench {

/// Has a node leave in an orderly way (SIGTERM) and come back, while buyers at all nodes ask for holds in every
/// section, most often in those that move: `drain_ms`, `failed_requests`, `hand_over_pause_p99_ms` and
/// `join_moved_share`. Leaves the nodes settled.
///
/// A pause is what a section's buyer sees: the slowest answer while the shard moved. A buyer asks every 50 ms, so it
/// may have been longer by that much.
void measure_moves(cluster_nodes& nodes, const std::string& node, cluster_report& report);

} // namespace usher::bench
