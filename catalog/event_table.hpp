#pragma once

#include "catalog/shard_keeper.hpp"
#include "cluster/shard_claims.hpp"
#include "domain/seating_plan.hpp"
#include "messages/type_ids.hpp"

#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::catalog {

/// An event whose shards run here.
struct running_event {
  domain::shared_plan plan;
  std::shared_ptr<const std::string> plan_text;
  messages::event_actor event;
  std::vector<messages::section_actor> sections;
  messages::waiting_room_actor room;
  domain::epoch room_epoch; ///< at which the waiting room was started
};

/// The events whose shards run here: starts their actors, knows and announces them, and ends them, at the latest with
/// itself.
class event_table {
public:
  event_table(messages::keeper_actor::pointer keeper, const shard_factories& factories, messages::router_actor router);
  ~event_table();
  event_table(const event_table&) = delete;
  event_table& operator=(const event_table&) = delete;

  /// Starts the actors of an event whose shards have been claimed.
  const running_event& serve(messages::trace_id asked_by, const domain::event_id& id, domain::shared_plan plan,
                             std::shared_ptr<const std::string> text, cluster::event_histories histories);
  /// Ends the actors of an event that runs, and returns what was known of it.
  running_event stop(const domain::event_id& id);

  [[nodiscard]] bool contains(const domain::event_id& id) const { return events_.contains(id); }
  /// Requires that the event runs.
  [[nodiscard]] const running_event& at(const domain::event_id& id) const { return events_.at(id); }
  /// The event after this one, starting over after the last; nothing when none runs.
  [[nodiscard]] std::optional<domain::event_id> next_after(const domain::event_id& id) const;
  /// Whether `who` is the actor that serves this shard.
  [[nodiscard]] bool serves(const caf::strong_actor_ptr& who, const domain::shard_id& shard) const;

  /// Brings an event's shards to rest, so that other actors can serve them: they take on nothing more, and `then(true)`
  /// is called when nothing is under way; `then(false)` when they do not come to rest in time, e.g. because the store
  /// is away.
  void stand_down(const domain::event_id& id, std::function<void(bool)> then);
  /// Has an event's shards go on after `stand_down`.
  void carry_on(const domain::event_id& id);

  /// Calls `then` once the router has the event's present state: whatever is answered after that agrees with it.
  void announce(const messages::event_view& view, std::function<void()> then);

private:
  messages::keeper_actor::pointer keeper_;
  const shard_factories& factories_;
  messages::router_actor router_;
  std::map<domain::event_id, running_event> events_;
};

} // namespace usher::catalog
