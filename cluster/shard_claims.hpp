#pragma once

#include "domain/seating_plan.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/coordination.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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

/// How a process reaches its store. Each is opened once, on first use.
struct store_openers {
  std::function<std::unique_ptr<persistence::booking_store>()> store;
  /// Empty for a node that has its store alone.
  std::function<std::unique_ptr<persistence::coordination>()> coordination{};
};

/// Claims shards for this process. Blocks; throws what the store throws.
///
/// A node that has its store alone takes shards from whoever had them. One that shares it claims what is free, its own,
/// or of somebody who does not live any more.
class shard_claims {
public:
  /// `owner` names this process in the store; a node that shares it gets its name by `act_as`.
  shard_claims(store_openers open, std::string owner);

  [[nodiscard]] persistence::booking_store& store();
  /// Requires that the store is shared.
  [[nodiscard]] persistence::coordination& coordination();
  /// From now on claims are of this member, who is called `owner` in the rows of its shards; it may be nobody.
  void act_as(persistence::incarnation me, std::string owner);
  [[nodiscard]] bool is_own(const persistence::stored_shard& row) const { return row.owner == owner_; }

  /// Claims shards that are still at the epochs at which they were seen. Says for each at which epoch it is this
  /// process's now. Each may be named once.
  [[nodiscard]] std::vector<std::optional<domain::epoch>> claim(std::span<const persistence::owned_shard> seen);
  /// The histories of shards that were claimed. Nothing for those that somebody else has by now.
  [[nodiscard]] std::vector<std::optional<persistence::shard_history>>
  read_histories(std::span<const persistence::owned_shard> own);
  /// Takes over all shards of an event. A node that has its store alone takes them the first time from whoever had
  /// them; after that only if they are still this process's own, since otherwise what it knows of the event's plan may
  /// be outdated. Nothing when somebody else has one of them by now.
  [[nodiscard]] std::optional<event_histories> take_over(const domain::event_id& event, std::uint16_t sections);
  /// Takes over a section that was added to an event of this process. Nothing when somebody else has it by now.
  [[nodiscard]] std::optional<persistence::shard_history> take_over_section(const domain::event_id& event,
                                                                            domain::section_no number);

  /// Claims the next epochs of this process's shards, each of which is at that epoch as far as its actor knows. Nothing
  /// for those that somebody else has taken over.
  [[nodiscard]] std::vector<std::optional<persistence::shard_history>>
  reclaim(std::span<const persistence::owned_shard> own);

  /// Gives this node's shard to another one: the epoch at which that has it. Nothing when it could not be given.
  /// Requires that the store is shared.
  [[nodiscard]] std::optional<domain::epoch> give(const persistence::owned_shard& own, persistence::incarnation taker) {
    return coordination().give(me_, own, taker);
  }

  /// Has all shards of an event belong to this node, whose own shard it owns at this epoch. False when it does not, or
  /// may not take any. Requires that the store is shared.
  [[nodiscard]] bool gather(const domain::event_id& event, domain::epoch own) {
    return coordination().gather(me_, event, own);
  }
  /// Ends that.
  void let_go(const domain::event_id& event) { coordination().let_go(me_, event); }

  /// A shard of the event that somebody else has taken over from this process, if any. One query.
  [[nodiscard]] std::optional<persistence::stored_shard> lost(const domain::event_id& event);

private:
  /// Claims an event's other shards for the owner of its own shard `root` at epoch `own`. Nothing when that one is
  /// somebody else's by now.
  [[nodiscard]] std::optional<std::vector<persistence::owned_shard>>
  take_rest(const domain::shard_id& root, domain::epoch own, const std::vector<domain::shard_id>& others);
  /// Claims a shard from whoever had it. Nothing when somebody else has it by now.
  [[nodiscard]] std::optional<persistence::shard_history> take(const domain::shard_id& shard);
  [[nodiscard]] std::vector<persistence::owned_shard> further_ahead(std::span<const persistence::owned_shard> seen);
  [[nodiscard]] std::optional<event_histories> take_over_own(const domain::event_id& event, std::uint16_t sections);

  store_openers open_;
  std::string owner_;
  persistence::incarnation me_{}; ///< if the store is shared
  std::unique_ptr<persistence::booking_store> store_;
  std::unique_ptr<persistence::coordination> coordination_;
  std::unordered_set<domain::shard_id> taken_; ///< ever, by this process
};

} // namespace usher::cluster
