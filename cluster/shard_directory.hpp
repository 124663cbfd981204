#pragma once

#include "cluster/member.hpp"
#include "domain/ids.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace usher::cluster {

/// Where a shard is, as somebody said.
struct shard_home {
  incarnation node;
  domain::epoch epoch; ///< at which that node has it

  friend bool operator==(const shard_home&, const shard_home&) = default;
};

/// Where all shards are, as far as this node has heard. What it hears comes late, twice, and in any order: the newer
/// epoch is right, each epoch has one owner, and a node that has ended owns nothing.
class shard_directory {
public:
  /// Somebody says where a shard is. True when `find` says something else than before.
  bool learn(const domain::shard_id& shard, const shard_home& home);
  /// A node has ended, and does not come back. Returns the shards that are nobody's now, in order.
  std::vector<domain::shard_id> forget(incarnation node);

  /// Nothing when nobody who lives is known to have the shard.
  [[nodiscard]] std::optional<shard_home> find(const domain::shard_id& shard) const;
  /// The newest epoch that was heard of; 0 without any.
  [[nodiscard]] domain::epoch newest(const domain::shard_id& shard) const;
  [[nodiscard]] std::size_t count_of(incarnation node) const;

private:
  std::unordered_map<domain::shard_id, shard_home> homes_; ///< of the newest epoch each, even of nodes that have ended
  std::set<incarnation> ended_;
};

} // namespace usher::cluster
