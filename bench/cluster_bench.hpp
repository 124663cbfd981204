#pragma once

#include "bench/cluster_options.hpp"

#include <iosfwd>

namespace usher::bench {

/// `usher bench cluster`: what three nodes on one PostgreSQL do when one of them is killed, stopped, cut off, drained
/// or added, and what their links cost; each figure beside its limit. All run on this machine, and share it with the
/// buyers.
///
/// 0 if every figure is within its limit, 1 if not, 2 if the options make no sense or the store cannot be used for
/// this, 3 if a node or the store cannot be started or does not answer.
int run_cluster(const cluster_options& options, std::ostream& out);

} // namespace usher::bench
