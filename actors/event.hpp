#pragma once

#include "actors/checkout.hpp"
#include "actors/shard_journal.hpp"
#include "actors/store_clock.hpp"
#include "domain/seating_plan.hpp"
#include "messages/type_ids.hpp"
#include "payments/provider.hpp"
#include "persistence/booking_store.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace usher::actors {

struct event_limits {
  shard_journal_limits journal;
  std::size_t requests_max = 10'000; ///< waiting for sections; above that, `overloaded`
  std::size_t checkouts_max = 5'000; ///< orders under way; above that, `overloaded`
  checkout_timing checkout;
  std::chrono::milliseconds retry{250};     ///< between repeats of a question that a section could not answer
  std::chrono::milliseconds respawn{5'000}; ///< before a checkout that broke is started again
};

/// All an event needs to serve. Its sections and its waiting room come later, with `event_peers`.
struct event_start {
  domain::event_id event;
  domain::shared_plan plan;
  persistence::shard_history history; ///< what the claim returned
  messages::journal_actor journal;
  messages::keeper_actor keeper;
  store_clock clock;
  std::shared_ptr<payments::provider> provider;
  event_limits limits = {};
};

/// Starts the actor that serves one event: its life cycle, its buyers' allowances, holds over several sections, and its
/// orders, each of which gets a checkout.
[[nodiscard]] messages::event_actor spawn_event(caf::actor_system& system, event_start start);

/// An event's settings as far as its sections need them.
[[nodiscard]] domain::section_terms section_terms_of(const domain::event_settings& settings);

} // namespace usher::actors
