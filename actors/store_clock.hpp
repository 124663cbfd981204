#pragma once

#include "actors/slewed_time.hpp"
#include "domain/instant.hpp"

#include <caf/actor_clock.hpp>

#include <chrono>
#include <memory>

namespace usher::persistence {
class booking_store;
}

namespace usher::actors {

/// The store's time, read from an actor clock: the one time of everything that has a deadline. A step of this machine's
/// wall clock does not change it. Copies are one clock, which whoever has readings of the store's keeps in step; in
/// tests a test clock drives it.
class store_clock {
public:
  /// Makes a clock by one reading: the store said `store_now` when the actor clock said `here`.
  store_clock(domain::instant store_now, caf::actor_clock::time_point here)
      : time_(std::make_shared<slewed_time>(store_now, since_epoch(here))) {}

  /// Asks the store a few times and takes the reading with the shortest round trip, but begins no earlier than what the
  /// store's newest fact has seen; throws what the store throws.
  [[nodiscard]] static store_clock measure(persistence::booking_store& store, const caf::actor_clock& clock);
  /// Asks the store once.
  [[nodiscard]] static clock_reading read(persistence::booking_store& store, const caf::actor_clock& clock);

  [[nodiscard]] domain::instant at(caf::actor_clock::time_point here) const { return time_->at(since_epoch(here)); }

  /// `self` is the pointer of an actor, or of an actor system.
  template <class Self>
  [[nodiscard]] domain::instant now(const Self& self) const {
    return at(self->clock().now());
  }

  /// Follows the store's clock. By one thread at a time.
  clock_verdict take(const clock_reading& reading) { return time_->take(reading); }
  /// By how much the store was ahead at the newest reading. By the same thread.
  [[nodiscard]] domain::microseconds difference() const { return time_->difference(); }

private:
  [[nodiscard]] static domain::microseconds since_epoch(caf::actor_clock::time_point here) {
    return std::chrono::duration_cast<domain::microseconds>(here.time_since_epoch());
  }

  std::shared_ptr<slewed_time> time_;
};

} // namespace usher::actors
