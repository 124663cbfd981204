#pragma once

#include "domain/instant.hpp"

#include <caf/actor_clock.hpp>

#include <chrono>

namespace usher::persistence {
class booking_store;
}

namespace usher::actors {

/// The store's time, read from an actor clock: both run equally fast, so one offset, measured at the start, is enough.
/// A value type: every shard has its own copy, and in tests a test clock drives it.
class store_clock {
public:
  /// The store says `store_now` when the actor clock says `here`.
  store_clock(domain::instant store_now, caf::actor_clock::time_point here)
      : offset_(store_now.time_since_epoch() - std::chrono::duration_cast<microseconds>(here.time_since_epoch())) {}

  /// Asks the store a few times and takes the reading with the shortest round trip; throws what the store throws.
  [[nodiscard]] static store_clock measure(persistence::booking_store& store, const caf::actor_clock& clock);

  [[nodiscard]] domain::instant at(caf::actor_clock::time_point here) const {
    return domain::instant{std::chrono::duration_cast<microseconds>(here.time_since_epoch()) + offset_};
  }

  /// `self` is an actor's pointer.
  template <class Self>
  [[nodiscard]] domain::instant now(const Self& self) const {
    return at(self->clock().now());
  }

private:
  using microseconds = domain::microseconds;

  microseconds offset_;
};

} // namespace usher::actors
