#pragma once

#include "cluster/member.hpp"
#include "domain/ids.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::cluster {

/// Where a shard is, as somebody said.
struct shard_home {
  incarnation node;
  domain::epoch epoch; ///< at which that node has it

  friend bool operator==(const shard_home&, const shard_home&) = default;
};

/// Where the shards of other nodes are, as those have said. What they say comes late, twice, and in any order among
/// several nodes: the newer epoch is right, and each epoch has one owner.
class shard_directory {
public:
  /// A node says that it serves a shard. True when `find` says something else than before.
  bool learn(const domain::shard_id& shard, const shard_home& home);
  /// A node says that it does not serve a shard any more that it had at this epoch, or not now. True when `find` says
  /// something else than before.
  bool withdraw(const domain::shard_id& shard, const shard_home& home);
  /// A node cannot be asked any more, until it says anew what it serves. Returns the shards that nobody is known to
  /// serve now, in order.
  std::vector<domain::shard_id> forget(incarnation node);

  /// Nothing when nobody who can be asked is known to serve the shard.
  [[nodiscard]] std::optional<shard_home> find(const domain::shard_id& shard) const;
  /// The newest epoch that was heard of; 0 without any.
  [[nodiscard]] domain::epoch newest(const domain::shard_id& shard) const;
  [[nodiscard]] std::size_t count_of(incarnation node) const;

private:
  struct entry {
    shard_home home; ///< of the newest epoch
    bool served = true;
  };

  std::unordered_map<domain::shard_id, entry> homes_;
};

} // namespace usher::cluster
