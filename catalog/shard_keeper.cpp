#include "catalog/shard_keeper.hpp"

#include "catalog/event_loader.hpp"
#include "catalog/keeper_common.hpp"
#include "catalog/plan_change_saga.hpp"
#include "catalog/stopped_shards.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace usher::catalog {

namespace {

using domain::rejection;
using messages::to_error;

/// Has events started and changed, and looks after shards that are in doubt, that have stopped, or that somebody else
/// has taken over. Blocks on the store: everything that may wait long is done here, and nothing else.
class keeper_state {
public:
  using self_pointer = messages::keeper_actor::pointer;
  static inline const char* name = "usher.keeper";

  keeper_state(self_pointer self, shard_factories factories, keeper_settings settings, messages::router_actor router)
      : router_(std::move(router)),
        stopped_(*self->system().metrics().gauge_singleton(
            "usher", "shards-stopped", "Shards that are not served at present because of a fault: the log says why.")),
        core_(self, std::move(factories), std::move(settings), router_), starts_(core_), changes_(core_, starts_) {}

  messages::keeper_actor::behavior_type make_behavior() {
    core_.self->send(router_, messages::keeper_ready{}, core_.handle());
    look_later();
    return {
        [this](messages::put_event& wish) { return changes_.put(wish); },
        [this](messages::start_shards) { return starts_.start_all(); },
        [this](const messages::reclaim_shard& wish) { return reclaim(wish); },
        [this](const messages::shard_stopped& news) { stopped(news); },
        [](const messages::view_changed&) {},
        [](messages::store_changed) {},
        [](messages::flush) {},
    };
  }

private:
  // ---- shards in doubt, and shards that stopped ----

  caf::result<messages::shard_reclaimed> reclaim(const messages::reclaim_shard& wish) {
    // An actor that was stopped for a new plan must not take the shard from the one that serves it now.
    if (!core_.running.serves(core_.self->current_sender(), wish.shard))
      return to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another actor has the shard."});
    std::optional<persistence::shard_history> history;
    if (auto refused =
            core_.store.use([&](cluster::shard_claims& claims) { history = claims.reclaim(wish.shard, wish.epoch); }))
      return to_error(*refused);
    if (!history)
      return to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another process has the shard."});
    if (core_.settings.on_reclaimed)
      core_.settings.on_reclaimed();
    return messages::shard_reclaimed{history->epoch, history->last, std::move(history->snapshot),
                                     std::move(history->facts)};
  }

  void stopped(const messages::shard_stopped& news) {
    if (!core_.running.serves(core_.self->current_sender(), news.shard))
      return;
    if (news.why == messages::append_failure::fenced)
      return core_.store.lose(news.shard);
    if (news.why == messages::append_failure::broken)
      return core_.store.give_up("The store cannot be used: what " + domain::to_string(news.shard)
                                 + " decides cannot be written. This process stops.");
    auto shard = domain::to_string(news.shard);
    if (news.why == messages::append_failure::lost) {
      stopped_.add_for_good(news.shard);
      log::of("cluster").critical("shard {} is not served any more: {}", shard, news.sentence);
    } else if (auto pause = stopped_.add(news.shard, core_.self->clock().now())) {
      log::of("cluster").critical("shard {} has stopped: {}; its event is started again in {} s", shard, news.sentence,
                                  pause->count());
      start_again(news.shard.event, *pause);
    } else {
      log::of("cluster").critical("shard {} has stopped: {}", shard, news.sentence);
    }
  }

  // ---- events whose shards stopped ----

  void start_again(const domain::event_id& event, std::chrono::milliseconds pause) {
    core_.self->run_delayed(pause, [this, event] {
      if (core_.store.gave_up())
        return;
      if (core_.in_work.contains(event)) // perhaps with another plan soon, which starts it, too
        return start_again(event, core_.settings.retry);
      if (!core_.running.contains(event)) // and is being started already
        return stopped_.started(event);
      if (stopped_.may_start(event))
        bring_to_rest(event);
    });
  }

  /// Whoever waits for an answer of the event's other shards gets it before they end. One that has stopped, or is gone,
  /// cannot come to rest: then what the others have under way gets a moment.
  void bring_to_rest(const domain::event_id& event) {
    core_.in_work.insert(event);
    core_.running.stand_down(event, [this, event](bool at_rest) {
      if (at_rest)
        return replace_actors(event);
      core_.self->run_delayed(core_.settings.retry, [this, event] { replace_actors(event); });
    });
  }

  void replace_actors(const domain::event_id& event) {
    core_.in_work.erase(event);
    core_.running.stop(event);
    stopped_.started(event);
    log::of("cluster").warn("event {} is started again", event.value());
    starts_.start_again(event);
  }

  // ---- shards that somebody else may have ----

  void look_later() {
    core_.self->run_delayed(core_.settings.look, [this] {
      look();
      if (!core_.store.gave_up())
        look_later();
    });
  }

  /// A process that writes learns from the fence that it was taken over; one with nothing to write must look. One event
  /// at a time is enough, since whoever takes over a store takes over every event in it. How far the journals reach is
  /// noted here, too: noting it with each group of facts would cost every group a write.
  void look() {
    auto next = core_.running.next_after(looked_at_);
    if (!next)
      return;
    looked_at_ = *std::move(next);
    core_.store.use([this](cluster::shard_claims& claims) {
      if (auto lost = claims.lost(looked_at_))
        core_.store.lose(lost->shard, lost->epoch);
      else
        claims.store().note_ends(looked_at_);
    });
  }

  messages::router_actor router_;
  stopped_shards stopped_;
  keeper_common core_;
  event_loader starts_;
  plan_change_saga changes_;
  domain::event_id looked_at_; ///< most recently
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
