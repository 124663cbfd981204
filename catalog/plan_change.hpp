#pragma once

#include "cluster/shard_claims.hpp"
#include "domain/plan_numbering.hpp"
#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <variant>

namespace usher::catalog {

/// A plan that is ready to replace another one.
struct next_plan {
  persistence::stored_event stored;
  domain::shared_plan plan; ///< with the numbers of its places
};

/// Decides whether and how an event may be put on another plan, from histories that are final: all its shards have been
/// claimed and nobody serves them. A refusal names the seats in the way.
[[nodiscard]] std::variant<next_plan, domain::refusal> change_plan(const domain::shared_plan& now,
                                                                   const messages::put_event& wish,
                                                                   const cluster::event_histories& histories,
                                                                   domain::instant at);

/// Writes down the settings that came with an event's plan, unless they are in its history. False when somebody else
/// has taken the event over.
[[nodiscard]] bool write_due_settings(persistence::booking_store& store, const persistence::stored_event& event,
                                      persistence::shard_history& history);

} // namespace usher::catalog
