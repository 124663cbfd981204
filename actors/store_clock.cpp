#include "actors/store_clock.hpp"

#include "log/log.hpp"
#include "persistence/booking_store.hpp"

namespace usher::actors {
namespace {

/// A node that was away for longer than this says so: if it was not, its clock was stepped.
constexpr std::chrono::minutes long_away{10};

double seconds(domain::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// A clock that was set back while nobody served would end nothing for a while, and then let new facts be older than
/// those before them.
domain::instant not_before_the_newest_fact(domain::instant now, persistence::booking_store& store) {
  auto newest = store.newest_fact_at();
  if (!newest)
    return now;
  if (now < *newest) {
    log::of("actors").warn("this machine's clock is {:.1f} s behind the newest fact of the store: it was set back, and "
                           "time goes on from that fact",
                           seconds(*newest - now));
    return *newest;
  }
  if (now - *newest > long_away)
    log::of("actors").warn("the newest fact of the store is {:.0f} s old by this machine's clock: if that is not how "
                           "long nobody served, the clock was set forward, and holds end early",
                           seconds(now - *newest));
  return now;
}

} // namespace

clock_reading store_clock::read(persistence::booking_store& store, const caf::actor_clock& clock) {
  auto asked = since_epoch(clock.now());
  auto there = store.now();
  return {there, asked, since_epoch(clock.now())};
}

store_clock store_clock::measure(persistence::booking_store& store, const caf::actor_clock& clock) {
  constexpr int readings = 5;
  auto best = read(store, clock);
  for (int i = 1; i < readings; ++i)
    if (auto next = read(store, clock); next.answered - next.asked < best.answered - best.asked)
      best = next;
  auto here = best.asked + (best.answered - best.asked) / 2;
  return store_clock{not_before_the_newest_fact(best.there, store),
                     caf::actor_clock::time_point{std::chrono::duration_cast<caf::actor_clock::duration_type>(here)}};
}

} // namespace usher::actors
