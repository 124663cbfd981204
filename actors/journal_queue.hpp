#pragma once

#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::actors {

/// One shard's share of a group.
struct journal_part {
  std::size_t first_entry; ///< names the shard, its epoch, and where its share begins
  messages::shard_actor actor;
};

/// What is appended in one go. Facts of one shard are in order, but other shards' may be in between.
struct journal_group {
  std::vector<persistence::journal_entry> entries;
  std::vector<std::uint32_t> part_of; ///< per entry, an index into `parts`
  std::vector<journal_part> parts;    ///< one per shard
};

/// What waits for the journal: facts in the order they came, and at most one snapshot per shard.
///
/// Bounded. After a shard was refused, everything of the same epoch is skipped, be it waiting or yet to come: the shard
/// comes back with a newer epoch.
class journal_queue {
public:
  explicit journal_queue(std::size_t facts_max) : facts_max_(facts_max) {}

  /// False when there is no room; the shard is refused then.
  [[nodiscard]] bool add(messages::append_facts facts, messages::shard_actor actor);
  /// Replaces the shard's older one, if that still waits.
  void add(messages::keep_snapshot snapshot);

  /// Skips everything of this shard up to and including this epoch.
  void refuse(const domain::shard_id& shard, domain::epoch epoch);

  /// The next facts, at most this many. Empty when nothing waits that may be written.
  [[nodiscard]] journal_group take_group(std::size_t facts_max, std::size_t seats_max);
  [[nodiscard]] std::optional<messages::keep_snapshot> take_snapshot();

  [[nodiscard]] std::size_t facts_waiting() const noexcept { return facts_waiting_; }
  [[nodiscard]] bool snapshot_waiting() const noexcept { return !snapshots_.empty(); }

private:
  struct waiting_facts {
    messages::append_facts facts;
    messages::shard_actor actor;
    std::size_t taken = 0; ///< how many of the facts are in earlier groups
  };

  [[nodiscard]] bool refused(const domain::shard_id& shard, domain::epoch epoch) const;

  std::size_t facts_max_;
  std::size_t facts_waiting_ = 0;
  std::deque<waiting_facts> waiting_;
  std::unordered_map<domain::shard_id, messages::keep_snapshot> snapshots_;
  std::unordered_map<domain::shard_id, domain::epoch> refused_; ///< the newest refused epoch of each shard
};

} // namespace usher::actors
