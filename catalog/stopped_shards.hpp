#pragma once

#include "domain/ids.hpp"

#include <caf/actor_clock.hpp>
#include <caf/telemetry/gauge.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>

namespace usher::catalog {

/// Shards that have stopped because of a fault of their own, and when their events are started again.
///
/// A fault may be a passing one, or hit everybody who asks for the same seat: so an event is started again, later and
/// later, and not more than a few times in a while.
class stopped_shards {
public:
  static constexpr int attempts_max = 5;
  static constexpr std::chrono::seconds first_pause{1}; ///< twice as long with each further attempt
  static constexpr std::chrono::minutes forgiven_after{10};

  explicit stopped_shards(caf::telemetry::int_gauge& count) : count_(count) {}

  /// A shard has stopped. How long to wait before its event is started again; nothing when that is under way already,
  /// or was tried too often.
  [[nodiscard]] std::optional<std::chrono::seconds> add(const domain::shard_id& shard,
                                                        caf::actor_clock::time_point now);
  /// A shard has stopped for good: only people can say whether it may go on.
  void add_for_good(const domain::shard_id& shard);
  /// Whether a restart may serve the event: not while one of its shards has stopped for good.
  [[nodiscard]] bool may_start(const domain::event_id& event) const;
  /// All shards of the event are being started anew.
  void started(const domain::event_id& event);

private:
  struct record {
    std::set<domain::shard_id> stopped;
    bool for_good = false;
    bool start_is_due = false;
    int attempts = 0;
    caf::actor_clock::time_point last{};
  };

  void show();

  caf::telemetry::int_gauge& count_;
  std::map<domain::event_id, record> events_;
};

} // namespace usher::catalog
