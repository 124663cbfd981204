#include "node/figure_board.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace usher::node {

void figure_board::take(const catalog::shard_tally& shards) {
  std::lock_guard lock{mutex_};
  shards_ = shards;
}

void figure_board::take(std::weak_ptr<const cluster::link> links) {
  std::lock_guard lock{mutex_};
  links_ = std::move(links);
}

node_figures figure_board::read(caf::telemetry::metric_registry& metrics) const {
  node_figures result;
  std::shared_ptr<const cluster::link> links;
  {
    std::lock_guard lock{mutex_};
    result.shards = shards_;
    links = links_.lock();
  }
  if (links)
    for (auto& one : links->figures())
      if (one.is_up)
        result.links.push_back(std::move(one.name));
  std::ranges::sort(result.links);
  // Those who count these have described them by now.
  auto buyers = metrics.gauge_singleton("usher", "gateway-sessions", "")->value();
  auto lag_s = metrics.gauge_singleton<double>("usher", "journal-lag", "", "seconds")->value();
  result.buyers = static_cast<std::uint64_t>(std::max<std::int64_t>(buyers, 0));
  result.lag_us = static_cast<std::uint64_t>(lag_s * 1'000'000);
  result.is_stopping = is_stopping_;
  return result;
}

} // namespace usher::node
