#pragma once

#include "cluster/shard_claims.hpp"
#include "cluster/shard_keeper.hpp"
#include "domain/decision.hpp"

#include <caf/actor_clock.hpp>

#include <functional>
#include <optional>
#include <string>

namespace usher::cluster {

/// This process's access to the store: patient while the store is out of reach; given up for good, with a sentence for
/// people, when the store is broken or somebody else now owns a shard.
class store_access {
public:
  store_access(const caf::actor_clock& clock, const shard_factories& factories, const keeper_settings& settings);

  /// Does `work` with the claims and their store. A store that is out of reach is left alone for a moment, so that
  /// others need not wait for it to fail again. Gives up on anything else that `work` throws. Returns the refusal, if
  /// any.
  std::optional<domain::refusal> use(const std::function<void(shard_claims& claims)>& work);

  /// Another process has taken a shard over, now at epoch `present`: says so, and gives up.
  void lose(const domain::shard_id& shard, domain::epoch present);
  /// Likewise; the store is asked for the epoch.
  void lose(const domain::shard_id& shard);
  /// Likewise, when only the event is known.
  void lose(const domain::event_id& event);
  /// Gives up for good, with a sentence for people.
  void give_up(const std::string& sentence);
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

private:
  void lose(const domain::shard_id& shard, const std::string& at);

  const caf::actor_clock& clock_;
  const keeper_settings& settings_;
  shard_claims claims_;
  bool away_ = false; ///< the store was out of reach when last asked
  caf::actor_clock::time_point away_until_ = caf::actor_clock::time_point::min();
  bool gave_up_ = false;
};

} // namespace usher::cluster
