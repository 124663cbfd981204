#pragma once

#include "cluster/link/link.hpp"
#include "node/node_figures.hpp"

#include <caf/fwd.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace usher::node {

/// Collects a node's figures from those of its parts that know them. Thread-safe.
class figure_board {
public:
  void take(const catalog::shard_tally& shards);
  /// These are the node's links.
  void take(std::weak_ptr<const cluster::link> links);
  /// The node's process is about to end.
  void stop() { is_stopping_ = true; }
  /// The figures as they are now; the rest is what the node's metrics say.
  [[nodiscard]] node_figures read(caf::telemetry::metric_registry& metrics) const;

private:
  mutable std::mutex mutex_;
  catalog::shard_tally shards_;
  std::weak_ptr<const cluster::link> links_;
  std::atomic<bool> is_stopping_{false};
};

} // namespace usher::node
