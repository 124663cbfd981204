#pragma once

#include "cluster/running_events.hpp"
#include "cluster/shard_keeper.hpp"
#include "cluster/store_access.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <set>
#include <utility>

namespace usher::cluster {

/// What the parts of the keeper's actor share: the store, the events that run, and those being worked on.
struct keeper_core {
  keeper_core(messages::keeper_actor::pointer self_pointer, shard_factories start, keeper_settings chosen,
              const messages::router_actor& router)
      : self(self_pointer), factories(std::move(start)), settings(std::move(chosen)),
        store(self->clock(), factories, settings), running(self, factories, router) {}
  keeper_core(const keeper_core&) = delete;
  keeper_core& operator=(const keeper_core&) = delete;

  messages::keeper_actor::pointer self;
  const shard_factories factories;
  const keeper_settings settings;
  store_access store;
  running_events running;
  std::set<domain::event_id> in_work; ///< events that are being created or changed

  /// The actor's own handle.
  [[nodiscard]] messages::keeper_actor handle() const { return caf::actor_cast<messages::keeper_actor>(self); }
};

} // namespace usher::cluster
