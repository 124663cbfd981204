#pragma once

#include "bench/cluster_nodes.hpp"
#include "bench/cluster_report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher::bench {

/// The largest value of a gauge or counter among all its labels, in the text of `/metrics`; nullopt if it has none.
[[nodiscard]] std::optional<double> largest_metric(std::string_view text, std::string_view name);

/// Stops a node (SIGSTOP) under as many requests for its shards as the others take, and looks at what they keep for it:
/// `peer_stuck_bytes`. Leaves the nodes settled.
void measure_stuck_peer(cluster_nodes& nodes, const std::string& victim, cluster_report& report);

/// `ratio_cpu_one_node`: the processor time of a hold on the three nodes, at full load, to that on `last` alone. Leaves
/// that node alone.
void measure_cost_of_links(cluster_nodes& nodes, const std::string& last, std::size_t repeat, cluster_report& report);

} // namespace usher::bench
