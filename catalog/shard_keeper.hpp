#pragma once

#include "catalog/shard_tally.hpp"
#include "domain/seating_plan.hpp"
#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/coordination.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace usher::catalog {

/// How the keeper makes what it does not know itself: the store's connection and the actors behind the handles.
struct shard_factories {
  std::function<std::unique_ptr<persistence::booking_store>()> open_store;
  /// Reads a plan from the text that the store keeps; throws a `std::exception` when it cannot.
  std::function<domain::shared_plan(const std::string& text)> read_plan;
  std::function<messages::event_actor(const domain::event_id& event, persistence::shard_history history,
                                      domain::shared_plan plan, const messages::keeper_actor& keeper)>
      start_event;
  /// `event_epoch`, here and below, is of the event's own shard.
  std::function<messages::section_actor(const domain::event_id& event, domain::section_no number,
                                        persistence::shard_history history, domain::shared_plan plan,
                                        const messages::event_actor& event_actor, domain::epoch event_epoch,
                                        const messages::keeper_actor& keeper)>
      start_section;
  std::function<messages::waiting_room_actor(const domain::event_id& event, persistence::shard_history history,
                                             const messages::event_actor& event_actor, domain::epoch event_epoch,
                                             const messages::keeper_actor& keeper)>
      start_waiting_room;
  /// For a node that shares its store; empty for one that has it alone.
  std::function<std::unique_ptr<persistence::coordination>()> open_coordination{};
};

struct keeper_settings {
  /// Names this process in a store that it has alone; never reused by another.
  std::string owner;
  /// Whether other nodes have shards in the store, too. Then the census says who this node is (`view_changed`), and
  /// before that it claims nothing.
  bool shares = false;
  /// Carries what is for shards of other nodes there; null without links to them.
  messages::switchboard_actor switchboard{};
  /// Gives shards away because another node has joined, without being asked to.
  bool auto_rebalance = true;
  /// Told how this node's shards stand, now and then and whenever that has changed; on the keeper's thread.
  std::function<void(const shard_tally&)> on_tally{};
  /// Called once, with a sentence for people, when this process must stop: somebody else owns its shards now,
  /// or the store cannot be used. May be called on any thread.
  std::function<void(const std::string& sentence)> on_fatal;
  /// Called each time the store took a claim of a shard that was in doubt; on the keeper's thread.
  std::function<void()> on_reclaimed{};
  std::chrono::milliseconds patience{500}; ///< how long a store that was out of reach is left alone
  std::chrono::milliseconds retry{1'000};  ///< between attempts to start events that could not be started
  std::chrono::milliseconds look{1'000};   ///< between looks at the shards' rows in the store
  std::chrono::seconds introduction{30};   ///< how long a started event may take to report itself
};

/// Where the keeper runs.
enum class keeper_thread {
  own,    ///< a thread of its own, since the store blocks
  shared, ///< the scheduler's, for deterministic tests
};

/// Starts the actor that claims this process's shards, starts them, and is told when they stop.
///
/// For a node that has its store alone, claiming is taking over: whoever claims a shard last may write; whoever had it
/// before stops at its next write or, without one, at its keeper's next look into the store, and ends. A process
/// without events has nothing to lose, and goes on. A node that shares its store claims its part of the shards, as far
/// as they are free, gives away what belongs elsewhere, and goes on without what it has lost.
///
/// At each look the keeper also notes how far the journals reach. A shard that has stopped because of a fault is
/// started again, a few times. The keeper announces every event to the router, and itself as the one who creates
/// events. It answers `start_shards` when every event that it started is announced.
[[nodiscard]] messages::keeper_actor spawn_shard_keeper(caf::actor_system& system, shard_factories factories,
                                                        keeper_settings settings, messages::router_actor router,
                                                        keeper_thread thread = keeper_thread::own);

} // namespace usher::catalog
