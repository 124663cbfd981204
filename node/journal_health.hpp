#pragma once

#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace usher::node {

/// Whether the store takes facts. One that only answers questions (read-only, a full disk, a lock that somebody keeps)
/// looks well from outside, and sells nothing. Thread-safe.
class journal_health {
public:
  explicit journal_health(caf::telemetry::metric_registry& registry)
      : refusing_(*registry.gauge_singleton("usher", "journal-refusing",
                                            "1 while the store takes no facts, although it may answer questions.")) {}

  /// The store took no facts, for this reason; or it took some.
  void note(std::optional<std::string> why) {
    std::lock_guard guard{mutex_};
    refusing_.value(why ? 1 : 0);
    why_ = std::move(why);
  }

  /// Why the store took no facts when it was last given some; nothing when it took them.
  [[nodiscard]] std::optional<std::string> failure() const {
    std::lock_guard guard{mutex_};
    return why_;
  }

private:
  caf::telemetry::int_gauge& refusing_;
  mutable std::mutex mutex_;
  std::optional<std::string> why_;
};

} // namespace usher::node
