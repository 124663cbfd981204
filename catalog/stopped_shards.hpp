#pragma once

#include "domain/ids.hpp"

#include <caf/actor_clock.hpp>
#include <caf/telemetry/gauge.hpp>

#include <chrono>
#include <optional>
#include <unordered_map>

namespace usher::catalog {

/// Shards that have stopped because of a fault of their own, and when they are started again.
///
/// A fault may be a passing one, or hit everybody who asks for the same seat: so a shard is started again, at first
/// nearly at once, then later and later, and not more than a few times in a while.
class stopped_shards {
public:
  static constexpr int attempts_max = 10;
  static constexpr std::chrono::milliseconds first_pause{50}; ///< twice as long with each further attempt
  /// A shard that has run for so long has its attempts again.
  static constexpr std::chrono::minutes forgiven_after{2};

  explicit stopped_shards(caf::telemetry::int_gauge& count) : count_(count) {}

  /// A shard has stopped. How long to wait before it is started again; nothing when that was tried too often.
  [[nodiscard]] std::optional<std::chrono::milliseconds> add(const domain::shard_id& shard,
                                                             caf::actor_clock::time_point now);
  /// A shard has stopped for good: only people can say whether it may go on. Returns nothing, as above.
  std::optional<std::chrono::milliseconds> add_for_good(const domain::shard_id& shard);
  /// A shard is served again.
  void started(const domain::shard_id& shard);
  /// A shard belongs to another node now, or to another life of this one.
  void gone(const domain::shard_id& shard);

private:
  struct record {
    bool is_stopped = false;
    int attempts = 0;
    caf::actor_clock::time_point last{};
  };

  void show();

  caf::telemetry::int_gauge& count_;
  std::unordered_map<domain::shard_id, record> shards_; ///< that have ever stopped
};

} // namespace usher::catalog
