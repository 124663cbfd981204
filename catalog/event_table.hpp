#pragma once

#include "catalog/shard_keeper.hpp"
#include "cluster/shard_claims.hpp"
#include "cluster/shard_cycle.hpp"
#include "cluster/shard_door.hpp"
#include "domain/event_settings.hpp"
#include "domain/seating_plan.hpp"
#include "messages/type_ids.hpp"

#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::catalog {

/// One shard as it stands on this node.
template <class Handle>
struct local_shard {
  explicit local_shard(const std::shared_ptr<cluster::door_frame>& frame) : door(frame) {}

  /// What comes is refused, or goes to whoever has the shard.
  void lead_elsewhere() { elsewhere ? door.open(elsewhere) : door.close(); }

  cluster::shard_door<Handle> door; ///< what everybody knows of it
  cluster::shard_cycle cycle;
  Handle actor{};          ///< serves it here; null if none does
  Handle elsewhere{};      ///< leads to the other nodes; null without links to them
  std::uint64_t rests = 0; ///< how often it was told to rest, or to go on
};

/// An event, and its shards as they stand here.
struct known_event {
  explicit known_event(const std::shared_ptr<cluster::door_frame>& frame) : event(frame), room(frame) {}

  domain::shared_plan plan;
  std::shared_ptr<const std::string> plan_text;
  persistence::plan_supplement supplement{};
  // If the store is shared:
  std::uint64_t revision = 0; ///< how often its plan had been replaced
  std::uint64_t gatherer = 0; ///< the node to which all its shards belong for now, as long as that is up
  std::optional<domain::event_settings> seen_from_afar{}; ///< as announced while another node had the event's own shard
  local_shard<messages::event_actor> event;
  std::vector<local_shard<messages::section_actor>> sections{}; ///< by section number
  local_shard<messages::waiting_room_actor> room;

  /// All its shards, the event's own first.
  [[nodiscard]] std::vector<domain::shard_id> shards(const domain::event_id& id) const;
};

/// The events of the store and their shards on this node: gives each shard its door, starts and ends the shards'
/// actors, announces the events, and ends all actors, at the latest with itself.
class event_table {
public:
  event_table(messages::keeper_actor::pointer keeper, const shard_factories& factories, messages::router_actor router,
              messages::switchboard_actor switchboard);
  ~event_table();
  event_table(const event_table&) = delete;
  event_table& operator=(const event_table&) = delete;

  // ---- events ----

  /// There is an event on this plan, perhaps in the place of another plan. Its shards have doors from now on.
  known_event& know(const domain::event_id& id, domain::shared_plan plan, std::shared_ptr<const std::string> text);
  [[nodiscard]] bool knows(const domain::event_id& id) const { return events_.contains(id); }
  /// Whether this is a shard of an event on the plan that is known.
  [[nodiscard]] bool has(const domain::shard_id& shard) const;
  /// Whether all shards of the event are served here.
  [[nodiscard]] bool runs(const domain::event_id& id) const;
  /// Whether no shard of the event is served here, or about to be.
  [[nodiscard]] bool stands_still(const domain::event_id& id) const;
  /// Requires that the event is known.
  [[nodiscard]] known_event& at(const domain::event_id& id) { return events_.at(id); }
  [[nodiscard]] const known_event& at(const domain::event_id& id) const { return events_.at(id); }
  [[nodiscard]] const std::map<domain::event_id, known_event>& all() const noexcept { return events_; }
  /// The event after this one, starting over after the last; nothing when none is known.
  [[nodiscard]] std::optional<domain::event_id> next_after(const domain::event_id& id) const;

  /// Starts the actors of all shards of an event, which have been claimed.
  void serve(messages::trace_id asked_by, const domain::event_id& id, domain::shared_plan plan,
             std::shared_ptr<const std::string> text, cluster::event_histories histories);
  /// Ends all actors of an event. What comes is refused until they are served again.
  void stop(const domain::event_id& id);

  // ---- shards ----

  /// Where a shard of a known event stands.
  [[nodiscard]] cluster::shard_cycle& cycle(const domain::shard_id& shard);
  /// How many shards of all events stand in a way that `is_meant(cycle_state)` is true of. Looks at each.
  template <class Predicate>
  [[nodiscard]] std::size_t count_if(Predicate is_meant) const {
    std::size_t count = 0;
    auto look_at = [&](const auto& shard) { count += is_meant(shard.cycle.state()) ? 1 : 0; };
    for (const auto& [id, event] : events_) {
      look_at(event.event);
      look_at(event.room);
      for (const auto& section : event.sections)
        look_at(section);
    }
    return count;
  }
  /// Whether `who` is the actor that serves this shard.
  [[nodiscard]] bool serves(const caf::strong_actor_ptr& who, const domain::shard_id& shard) const;
  /// Starts a shard's actor on a history that has been claimed, and opens its door. `event_epoch` is the epoch of the
  /// event's own shard. Throws what the factories throw, e.g. when the history cannot be replayed.
  void start(const domain::shard_id& shard, persistence::shard_history history, domain::epoch event_epoch);
  /// Ends a shard's actor, if it has one. What comes goes to whoever else has the shard, if this node has links, and
  /// is refused otherwise. Of a section its event hears that, if it is here.
  void end(const domain::shard_id& shard);
  /// The same, but what comes waits: another actor is to serve the shard soon.
  void interrupt(const domain::shard_id& shard);
  /// Has what comes to a shard wait: it is going to be served soon.
  void keep_waiting(const domain::shard_id& shard);
  /// Has a shard that rests finish what is under way: `then(true)` when it has, `then(false)` when that takes too long.
  /// Neither is called once its actor was told to go on, or has ended.
  void stand_down(const domain::shard_id& shard, std::function<void(bool)> then);
  /// Has a shard that stands down go on.
  void carry_on(const domain::shard_id& shard);
  /// A shard's actor goes on at another epoch.
  void renewed(const domain::shard_id& shard);

  /// Brings all shards of an event to rest, so that other actors can serve them: they take on nothing more, and
  /// `then(true)` is called when nothing is under way; `then(false)` when they do not come to rest in time, e.g.
  /// because the store is away.
  void stand_down(const domain::event_id& id, std::function<void(bool)> then);
  /// Has an event's shards go on after `stand_down`.
  void carry_on(const domain::event_id& id);

  /// Calls `then` once the router has the event's present state: whatever is answered after that agrees with it.
  void announce(const domain::event_id& id, const domain::event_settings& settings, std::function<void()> then);

private:
  /// Calls `what(local_shard&)` with one of a known event's shards.
  template <class What>
  void with(const domain::shard_id& shard, What&& what);
  void introduce_peers(known_event& event);
  void lead_elsewhere(const domain::event_id& id, known_event& event);
  /// Tells the switchboard that requests of other nodes are taken here from now on, or not.
  void tell_served(const domain::shard_id& shard, domain::epoch epoch);
  void tell_withdrawn(const domain::shard_id& shard);

  messages::keeper_actor::pointer keeper_;
  const shard_factories& factories_;
  messages::router_actor router_;
  messages::switchboard_actor switchboard_; ///< null without links to other nodes
  std::shared_ptr<cluster::door_frame> frame_;
  std::map<domain::event_id, known_event> events_;
};

} // namespace usher::catalog
