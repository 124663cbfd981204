#pragma once

#include "cluster/shard_claims.hpp"
#include "domain/decision.hpp"

#include <caf/actor_clock.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace usher::cluster {

/// How this process deals with its store.
struct store_access_settings {
  std::string owner; ///< names this process in a store that it has alone; never reused by another
  /// Called once, with a sentence for people, when this process must stop: somebody else owns its shards now,
  /// or the store cannot be used. May be called on any thread.
  std::function<void(const std::string& sentence)> on_fatal;
  std::chrono::milliseconds patience{500}; ///< how long a store that was out of reach is left alone
};

/// This process's access to the store: patient while the store is out of reach; given up for good, with a sentence for
/// people, when the store is broken or somebody else now owns a shard.
class store_access {
public:
  store_access(const caf::actor_clock& clock, store_openers open, store_access_settings settings);

  /// See `shard_claims::act_as`.
  void act_as(persistence::incarnation me, std::string owner) { claims_.act_as(me, std::move(owner)); }

  /// Does `work` with the claims and their store. A store that is out of reach is left alone for a moment, so that
  /// others need not wait for it to fail again. Gives up on anything else that `work` throws. Returns the refusal, if
  /// any.
  std::optional<domain::refusal> use(const std::function<void(shard_claims& claims)>& work);

  /// Another process has taken a shard over, now at epoch `present`: says so, and gives up.
  void lose(const domain::shard_id& shard, domain::epoch present);
  /// The same, with the epoch that the store says.
  void lose(const domain::shard_id& shard);
  /// The same, when only the event is known.
  void lose(const domain::event_id& event);
  /// Gives up for good, with a sentence for people.
  void give_up(const std::string& sentence);
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

private:
  [[nodiscard]] domain::refusal give_up_for(const std::string& sentence);
  void lose(const domain::shard_id& shard, const std::string& at);

  const caf::actor_clock& clock_;
  const store_access_settings settings_;
  shard_claims claims_;
  bool away_ = false; ///< the store was out of reach when last asked
  caf::actor_clock::time_point away_until_ = caf::actor_clock::time_point::min();
  bool gave_up_ = false;
};

} // namespace usher::cluster
