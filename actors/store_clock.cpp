#include "actors/store_clock.hpp"

#include "persistence/booking_store.hpp"

namespace usher::actors {

store_clock store_clock::measure(persistence::booking_store& store, const caf::actor_clock& clock) {
  constexpr int readings = 5;
  auto best = caf::actor_clock::duration_type::max();
  store_clock result{{}, {}};
  for (int i = 0; i < readings; ++i) {
    auto before = clock.now();
    auto there = store.now();
    auto round_trip = clock.now() - before;
    if (round_trip < best) {
      best = round_trip;
      result = store_clock{there, before + round_trip / 2};
    }
  }
  return result;
}

} // namespace usher::actors
