#pragma once

#include "domain/ids.hpp"

#include <array>
#include <cstdint>

namespace usher::cluster {

/// Where one shard stands on one node.
enum class cycle_state : std::uint8_t {
  elsewhere, ///< requests go to whoever has it, or wait
  wanted,    ///< this node should have it, and tries to claim it
  loading,   ///< it is this node's, and its history is being read; requests wait
  serving,   ///< its actor answers
  resting,   ///< its actor finishes what is under way, to give it away; new requests wait
  giving,    ///< the store was told to give it away
  stopped,   ///< it is this node's and cannot be served: people must look at it
};

/// Whether a shard that stands so has an actor on this node.
[[nodiscard]] constexpr bool has_actor(cycle_state state) {
  return state == cycle_state::serving || state == cycle_state::resting || state == cycle_state::giving;
}

/// What happened to it. Most are said at an epoch, so that what comes late is told apart.
enum class cycle_event : std::uint8_t {
  placed_here,      ///< the placement says: here. Told again and again, as is the next
  placed_elsewhere, ///< the placement says: on a node that could take it now
  claimed,          ///< the claim succeeded, at this epoch
  yours,            ///< the shard's row says that it is this node's at this epoch: given, or claimed with no answer
  due,              ///< a moment has passed, or others made news: what did not succeed is tried again
  loaded,           ///< the history of this epoch is read
  history_broken,   ///< the history of this epoch cannot be used
  rested,           ///< the actor of this epoch has nothing under way
  overdue,          ///< it took too long to come to rest
  given,            ///< the store gave the shard away, which was at this epoch
  not_given,        ///< it certainly did not
  unknown,          ///< nobody knows whether it did
  fenced,           ///< somebody has it at this later epoch
  reclaimed,        ///< its actor was in doubt, and has it again at this later epoch
  disagreed,        ///< the actor of this epoch has stopped: by a fault, or because the store contradicts it
  mended,           ///< what stopped it may have passed: it is to be served again
  node_ended,       ///< this node was ended, and owns nothing any more
};

/// What is to be done about it.
enum class cycle_action : std::uint8_t {
  nothing,
  claim,      ///< try to claim the shard
  load,       ///< read its history at the present epoch
  serve,      ///< start the actor and let in who has waited
  stand_down, ///< have the actor finish
  carry_on,   ///< have the actor go on
  give,       ///< have the store give the shard to whoever should have it
  end,        ///< end the actor; what has waited goes elsewhere
  restart,    ///< end the actor, and read the history of the present epoch; what has waited waits on
};

struct cycle_step {
  cycle_state state;
  cycle_event event;
  cycle_state next;
  cycle_action action;
};

/// What is not in this table changes nothing: it comes too late.
inline constexpr auto cycle_table = [] {
  using enum cycle_state;
  using enum cycle_event;
  using enum cycle_action;
  return std::to_array<cycle_step>({
      {elsewhere, placed_here, wanted, claim},
      {elsewhere, yours, loading, load},
      {elsewhere, claimed, loading, load}, // the answer came when it was not wanted any more: it is to be given away
      {wanted, due, wanted, claim},
      {wanted, placed_elsewhere, elsewhere, nothing},
      {wanted, claimed, loading, load},
      {wanted, yours, loading, load},
      {loading, due, loading, load},
      {loading, claimed, loading, load}, // once more: an earlier claim whose answer was not awaited
      {loading, yours, loading, load},
      {loading, loaded, serving, serve},
      {loading, history_broken, stopped, nothing},
      {loading, fenced, elsewhere, nothing},
      {serving, placed_elsewhere, resting, stand_down},
      {serving, fenced, elsewhere, end},
      {serving, reclaimed, serving, nothing},
      {serving, disagreed, stopped, end},
      {resting, rested, giving, give},
      {resting, overdue, serving, carry_on},
      {resting, placed_here, serving, carry_on},
      {resting, fenced, elsewhere, end},
      {resting, reclaimed, resting, nothing},
      {resting, disagreed, stopped, end},
      {serving, claimed, loading, restart}, // so its own late claim has fenced its actor
      {serving, yours, loading, restart},
      {resting, claimed, loading, restart},
      {resting, yours, loading, restart},
      {giving, claimed, loading, restart},
      {giving, yours, loading, restart},
      {giving, due, giving, give}, // no answer: of two gifts of one epoch one succeeds
      {giving, given, elsewhere, end},
      {giving, not_given, serving, carry_on},
      {giving, unknown, elsewhere, end}, // the row will say whose it is; until then it is not served
      {giving, fenced, elsewhere, end},
      {giving, reclaimed, giving, nothing},
      {giving, disagreed, stopped, end},
      {stopped, fenced, elsewhere, nothing},
      {stopped, mended, wanted, claim}, // at a further epoch: what the actor had sent may still be written
      {wanted, node_ended, elsewhere, nothing},
      {loading, node_ended, elsewhere, nothing},
      {serving, node_ended, elsewhere, end},
      {resting, node_ended, elsewhere, end},
      {giving, node_ended, elsewhere, end},
      {stopped, node_ended, elsewhere, nothing},
  });
}();

/// The life of one shard on one node.
class shard_cycle {
public:
  /// Something happened that belongs to no epoch.
  [[nodiscard]] cycle_action on(cycle_event event);
  /// Something happened at this epoch. Ignored when it is about another one than the shard is at here; but what tells
  /// of a later one (`claimed`, `yours`, `reclaimed`, `fenced`) counts.
  [[nodiscard]] cycle_action on(cycle_event event, domain::epoch at);

  [[nodiscard]] cycle_state state() const noexcept { return state_; }
  /// The one at which this node has the shard, or had it last; 0 if never.
  [[nodiscard]] domain::epoch epoch() const noexcept { return epoch_; }

private:
  [[nodiscard]] bool is_late(cycle_event event, domain::epoch at) const;

  cycle_state state_ = cycle_state::elsewhere;
  domain::epoch epoch_;
  bool is_spent_ = false; ///< an actor has stopped at this epoch: what it had sent may still be written, or is refused
};

} // namespace usher::cluster
