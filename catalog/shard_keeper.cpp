#include "catalog/shard_keeper.hpp"

#include "catalog/event_loader.hpp"
#include "catalog/keeper_common.hpp"
#include "catalog/plan_change_saga.hpp"
#include "catalog/steward.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>

#include <utility>

namespace usher::catalog {

namespace {

/// Has events started and changed, and shards claimed, served and given away. Blocks on the store: everything that may
/// wait long is done here, and nothing else.
class keeper_state {
public:
  using self_pointer = messages::keeper_actor::pointer;
  static inline const char* name = "usher.keeper";

  keeper_state(self_pointer self, shard_factories factories, keeper_settings settings, messages::router_actor router)
      : router_(std::move(router)), core_(self, std::move(factories), std::move(settings), router_), loader_(core_),
        steward_(core_, loader_), changes_(core_, loader_) {}

  messages::keeper_actor::behavior_type make_behavior() {
    core_.worked = [this] { changes_.look_at_gathered(); };
    core_.self->send(router_, messages::keeper_ready{}, core_.handle());
    if (core_.settings.switchboard)
      core_.self->send(core_.settings.switchboard, messages::keeper_ready{}, core_.handle());
    look_later();
    return {
        [this](messages::put_event& wish) { return changes_.put(wish); },
        [this](messages::put_known_event& wish) { return changes_.put(wish); },
        [this](const messages::event_written& news) { return steward_.look_for(news); },
        [this](messages::start_shards) { return loader_.start_all(); },
        [this](const messages::reclaim_shard& wish) { return steward_.reclaim(wish); },
        [this](const messages::shard_stopped& news) { steward_.stopped(news); },
        [this](messages::view_changed& view) { steward_.see(std::move(view)); },
        [this](messages::store_changed) { steward_.look_at_all(); },
        [this](const messages::shard_given& what) { steward_.given(what); },
        [this](messages::shards_left) { return steward_.wait_until_left(); },
        [this](messages::flush) { steward_.reclaim_collected(); },
    };
  }

private:
  void look_later() {
    core_.self->run_delayed(core_.settings.look, [this] {
      steward_.look();
      if (!core_.store.gave_up())
        look_later();
    });
  }

  messages::router_actor router_;
  keeper_common core_;
  event_loader loader_;
  steward steward_;
  plan_change_saga changes_;
};

} // namespace

messages::keeper_actor spawn_shard_keeper(caf::actor_system& system, shard_factories factories,
                                          keeper_settings settings, messages::router_actor router,
                                          keeper_thread thread) {
  using actor = messages::keeper_actor::stateful_impl<keeper_state>;
  if (thread == keeper_thread::own)
    return system.spawn<actor, caf::detached>(std::move(factories), std::move(settings), std::move(router));
  return system.spawn<actor>(std::move(factories), std::move(settings), std::move(router));
}

} // namespace usher::catalog
