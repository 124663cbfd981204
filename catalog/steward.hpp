#pragma once

#include "catalog/event_loader.hpp"
#include "catalog/keeper_common.hpp"
#include "catalog/shard_counter.hpp"
#include "catalog/shard_moves.hpp"
#include "catalog/stopped_shards.hpp"
#include "cluster/node_view.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace usher::catalog {

/// Leads each shard through its life on this node (`cluster/shard_cycle`): claims it, reads its history and has it
/// served; claims it anew when its actor is in doubt, and serves it again when the actor has stopped; lets it go when
/// another node has it.
///
/// A node that has its store alone has all shards, and ends when another process takes one. One that shares its store
/// has the shards that `cluster/placement` says, out of the nodes that the census sees: it claims those that are free,
/// and gives away, one after another, those that belong elsewhere. With `auto_rebalance` off it keeps what it has when
/// another node joins, until operators ask for a rebalance; what is free goes to its place all the same.
class steward {
public:
  steward(keeper_common& core, event_loader& loader);

  // ---- what shards say ----

  /// Claims a shard anew for its actor, which is in doubt; together with all others that ask before
  /// `reclaim_collected`.
  caf::result<messages::shard_reclaimed> reclaim(const messages::reclaim_shard& wish);
  void reclaim_collected();
  /// A shard's actor has stopped.
  void stopped(const messages::shard_stopped& news);

  // ---- what the census says ----

  void see(messages::view_changed view);
  /// Shards may have other owners, or events another plan.
  void look_at_all();
  /// This event is new or has changed, or its shards belong elsewhere. Answers when the router knows.
  caf::result<void> look_for(const messages::event_written& news);

  /// Another node has given this one a shard. Its row says so, too.
  void given(const messages::shard_given& news);

  /// Answers when this node has no shard any more that another one could take.
  caf::result<void> wait_until_left();

  /// Looks at the shards of one event, another one each time; for what nobody told.
  void look();

private:
  using reclaim_promise = caf::typed_response_promise<messages::shard_reclaimed>;
  struct doubting_shard {
    persistence::owned_shard shard;
    reclaim_promise asked;
  };

  // one shard's life
  /// `at` is the epoch at which it happened, if it belongs to one.
  template <class... At>
  void happened(const domain::shard_id& shard, cluster::cycle_event event, At... at);
  void act(const domain::shard_id& shard, cluster::cycle_action action);
  void close_if_gone(const domain::shard_id& shard, cluster::cycle_state before);
  void rest(const domain::shard_id& shard);
  void rest_next();
  void answer_if_left();

  // what is due in the store
  void work();
  void claim_due(cluster::shard_claims& claims);
  void load_due(cluster::shard_claims& claims);
  void load(cluster::shard_claims& claims, const std::vector<persistence::owned_shard>& own);
  void serve(cluster::shard_claims& claims, const domain::shard_id& shard, persistence::shard_history history,
             domain::epoch event_epoch);
  void give_due(cluster::shard_claims& claims);
  void try_again_later();
  void plan_another_try();
  void try_again();

  // shards that stopped
  void fenced(const domain::shard_id& shard);
  void mend_after(const domain::shard_id& shard, std::chrono::milliseconds pause);

  // the rows of the store
  std::optional<domain::refusal> look_at(const domain::event_id& event);
  void compare(cluster::shard_claims& claims, const domain::event_id& event, std::size_t& resting);
  void compare(cluster::shard_claims& claims, const persistence::stored_shard& row, std::uint64_t home,
               std::size_t& resting);
  [[nodiscard]] std::vector<std::uint64_t> homes_of(const domain::event_id& event, std::size_t shards) const;
  [[nodiscard]] std::size_t count_resting();
  [[nodiscard]] bool may_rest(const domain::shard_id& shard) const;
  void see_rebalance(const messages::view_changed& view);
  [[nodiscard]] bool stays(const domain::shard_id& shard, std::uint64_t home) const;

  // what operators see
  void log_claims(const std::vector<persistence::owned_shard>& claimed) const;

  keeper_common& core_;
  event_loader& loader_;
  stopped_shards stopped_;
  shard_counter counter_;
  shard_moves record_;

  std::vector<doubting_shard> doubting_; ///< to be claimed anew together
  std::set<domain::shard_id> fenced_;    ///< whose rows could not be read yet, if this node has its store alone
  // Shards of which something is to be done in the store.
  std::vector<domain::shard_id> to_claim_;
  std::vector<domain::shard_id> to_load_;
  std::vector<domain::shard_id> to_give_;
  bool will_try_again_ = false;
  bool must_look_ = false;             ///< at all rows: the store could not be asked
  std::set<domain::event_id> started_; ///< events some of whose shards have started, and are to be announced

  cluster::node_view nodes_;
  std::unordered_map<domain::shard_id, std::uint64_t> takers_; ///< of shards that are being given away
  std::unordered_map<domain::shard_id, caf::actor_clock::time_point> not_before_; ///< they are given away
  std::map<domain::shard_id, std::uint64_t> to_rest_; ///< when others have been given away, and whom they belong to
  std::size_t rests_max_;
  bool gives_all_ = false;                                 ///< this node is draining
  bool moves_ = true;                                      ///< shards go to nodes that have joined
  std::uint64_t rebalances_ = 0;                           ///< as operators had asked most recently
  std::set<domain::event_id> gathered_;                    ///< events whose shards are to be spread again in any case
  std::vector<caf::typed_response_promise<void>> leavers_; ///< waiting until all is given away
  domain::event_id looked_at_;                             ///< most recently
};

} // namespace usher::catalog
