#pragma once

#include "domain/ids.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace usher::actors {

/// The epoch of an event's shard, as its actor and its checkouts say it to sections. All copies are one: an event that
/// claims its shard anew raises it for the checkouts that live on, whose questions would be refused otherwise.
class shared_epoch {
public:
  shared_epoch() = default;
  explicit shared_epoch(domain::epoch now) { raise(now); }

  [[nodiscard]] domain::epoch get() const noexcept { return domain::epoch{cell_->load(std::memory_order_relaxed)}; }
  void raise(domain::epoch to) const noexcept { cell_->store(to.value(), std::memory_order_relaxed); }

private:
  std::shared_ptr<std::atomic<std::uint64_t>> cell_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// The latest event that a section or a waiting room has heard of, by the epoch of its shard.
class latest_event {
public:
  explicit latest_event(domain::epoch heard_of) : epoch_(heard_of) {}

  /// Whether a message that carries this epoch is from an event that has been replaced. Otherwise it is the latest one.
  [[nodiscard]] bool outdates(domain::epoch as_of) noexcept {
    if (as_of < epoch_)
      return true;
    epoch_ = as_of;
    return false;
  }

private:
  domain::epoch epoch_;
};

} // namespace usher::actors
