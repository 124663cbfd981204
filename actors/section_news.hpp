#pragma once

#include "actors/durable_view.hpp"
#include "actors/section_once_durable.hpp"
#include "actors/subscribers.hpp"
#include "actors/throttle.hpp"
#include "domain/section.hpp"
#include "messages/type_ids.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/typed_actor_pointer.hpp>

#include <chrono>
#include <cstdint>
#include <span>

namespace usher::actors {

/// What a section tells without being asked, all of it durable: how its seats look to the gateways that watch, which
/// holds have run out to all of them, and its totals to the event.
///
/// A snapshot and the deltas after it fit together: whoever has a view with sequence number n and applies the deltas n
/// + 1, n + 2 and so on is up to date. A delta may repeat what a view already shows.
class section_news {
public:
  using self_pointer = messages::section_actor::pointer_view;

  section_news(self_pointer self, domain::event_id event, const domain::section& section, domain::epoch epoch,
               messages::event_actor event_actor, std::chrono::milliseconds between_news);

  // ---- who listens ----

  /// `who` hears each change of seats from now on.
  void watch(const messages::gateway_actor& who);
  void unwatch(const messages::gateway_actor& who) { watchers_.remove(who); }
  /// `who` hears which holds run out from now on.
  void subscribe(const messages::gateway_actor& who);
  void forget(const caf::actor_addr& gone);

  // ---- what there is to tell ----

  void show(const seats_look& look) { seats_.show(look); }
  void show_held(std::span<const domain::priced_seat> seats) { seats_.show_held(seats); }
  /// The section was rebuilt at a new epoch: its deltas are counted anew.
  void show(const domain::section& section, domain::epoch epoch);
  /// Tells what was shown, now or a little later, so that a busy section does not talk all the time.
  void tell_soon();
  /// Tells the gateways that a hold has ended, if it has run out.
  void tell(const end_of_hold& end);
  void tell_totals();
  /// Tells that the section has just been started.
  void tell_opened();

  // ---- what is asked ----

  [[nodiscard]] messages::section_view view() const;
  [[nodiscard]] messages::section_report report() const;
  /// `claims`, with the totals.
  [[nodiscard]] messages::section_claims claims(std::vector<domain::section::claim> claims) const;

private:
  void know(const messages::gateway_actor& who);
  void tell_seats();

  self_pointer self_;
  domain::event_id event_;
  domain::section_no number_;
  bool general_;
  domain::epoch epoch_;
  messages::event_actor event_actor_;

  durable_view seats_;
  std::uint64_t seq_ = 0; ///< of the last delta
  subscribers watchers_;
  subscribers subscribers_;
  subscribers known_; ///< monitored, once each, however often they come and go
  throttle<self_pointer> seats_news_;
  caf::telemetry::int_counter* expired_count_;
};

} // namespace usher::actors
