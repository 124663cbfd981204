#pragma once

#include "catalog/event_table.hpp"
#include "catalog/shard_keeper.hpp"
#include "cluster/store_access.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <utility>

namespace usher::catalog {

/// What the parts of the keeper's actor share: the store, the events that run, and those being worked on.
struct keeper_common {
  keeper_common(messages::keeper_actor::pointer self_pointer, shard_factories start, keeper_settings chosen,
                const messages::router_actor& router)
      : self(self_pointer), factories(std::move(start)), settings(std::move(chosen)),
        store(self->clock(), {factories.open_store, factories.open_coordination},
              {settings.owner, settings.on_fatal, settings.patience}),
        running(self, factories, router, settings.switchboard) {}
  keeper_common(const keeper_common&) = delete;
  keeper_common& operator=(const keeper_common&) = delete;

  messages::keeper_actor::pointer self;
  const shard_factories factories;
  const keeper_settings settings;
  cluster::store_access store;
  event_table running;
  std::set<domain::event_id> in_work; ///< events whose shards are not to be moved: they are created or changed
  std::function<void()> worked;       ///< called when shards may have started, or gone on
  std::uint64_t me = 0;               ///< among the nodes that share the store; 0: nobody at present

  /// The actor's own handle.
  [[nodiscard]] messages::keeper_actor handle() const { return caf::actor_cast<messages::keeper_actor>(self); }
};

} // namespace usher::catalog
