#pragma once

#include "actors/shard_journal.hpp"
#include "actors/store_clock.hpp"
#include "domain/seating_plan.hpp"
#include "domain/section.hpp"
#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>

namespace usher::actors {

struct section_limits {
  shard_journal_limits journal;
  /// Watchers and the event hear of changes at once after a quiet time, else once per interval.
  std::chrono::milliseconds between_news{100};
  std::size_t expiries_at_once_max = 1'000;
  /// For this long after the section was started or claimed anew, no hold that is being paid for ends. It is as long as
  /// a checkout asks for (`checkout_timing::payment_window`).
  domain::seconds paying_grace{120};
};

/// All a section needs to serve.
struct section_start {
  domain::event_id event;
  domain::shared_plan plan;
  domain::section_no number;
  domain::section_terms terms;        ///< without prices, nothing is held until the event sends some
  persistence::shard_history history; ///< what the claim returned
  messages::event_actor event_actor;
  messages::journal_actor journal;
  messages::keeper_actor keeper;
  store_clock clock;
  section_limits limits = {};
  domain::epoch event_epoch{}; ///< of the event's shard when this one was claimed, as far as is known
};

/// Starts the actor that serves one section. It tells `event_actor` its totals when it starts and when they change.
/// Throws `domain::broken_invariant` when the history makes no sense.
[[nodiscard]] messages::section_actor spawn_section(caf::actor_system& system, section_start start);

} // namespace usher::actors
