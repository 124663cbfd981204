#pragma once

#include "domain/seating_plan.hpp"
#include "persistence/booking_store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace usher::cluster {

/// The histories that an event's shards start from.
struct event_histories {
  persistence::shard_history event;
  std::vector<persistence::shard_history> sections; ///< by section number
  persistence::shard_history room;
};

/// How many sections an event has on this plan.
[[nodiscard]] std::uint16_t section_count(const domain::seating_plan& plan);

/// Claims shards for this process. Blocks; throws what the store throws.
class shard_claims {
public:
  shard_claims(std::function<std::unique_ptr<persistence::booking_store>()> open, std::string owner);

  /// The connection, opened on first use.
  [[nodiscard]] persistence::booking_store& store();

  /// Takes over all shards of an event: the first time from whoever had them; after that only if they are still this
  /// process's own, since otherwise what it knows of the event's plan may be outdated. Nothing when somebody else has
  /// one of them by now.
  [[nodiscard]] std::optional<event_histories> take_over(const domain::event_id& event, std::uint16_t sections);
  /// Takes over a section that was added to an event of this process. Nothing when somebody else has it by now.
  [[nodiscard]] std::optional<persistence::shard_history> take_over_section(const domain::event_id& event,
                                                                            domain::section_no number);

  /// Claims the next epoch of this process's shard, which is at `present` as far as its actor knows. Nothing when
  /// somebody else has taken it over.
  [[nodiscard]] std::optional<persistence::shard_history> reclaim(const domain::shard_id& shard, domain::epoch present);

  /// A shard of the event that somebody else has taken over from this process, if any. One query.
  [[nodiscard]] std::optional<persistence::stored_shard> lost(const domain::event_id& event);

private:
  /// Claims an event's other shards for the owner of its own shard `root` at epoch `own`. Nothing when that one is
  /// somebody else's by now.
  [[nodiscard]] std::optional<std::vector<persistence::owned_shard>>
  take_rest(const domain::shard_id& root, domain::epoch own, const std::vector<domain::shard_id>& others);
  /// Claims a shard from whoever had it. Nothing when somebody else has it by now.
  [[nodiscard]] std::optional<persistence::shard_history> take(const domain::shard_id& shard);
  /// The epoch of a shard whose newest claim is this process's own.
  [[nodiscard]] std::optional<domain::epoch> own_epoch(const domain::shard_id& shard);

  std::function<std::unique_ptr<persistence::booking_store>()> open_;
  std::string owner_;
  std::unique_ptr<persistence::booking_store> store_;
  std::unordered_set<domain::shard_id> taken_; ///< ever, by this process
};

} // namespace usher::cluster
