#include "node/stored_audit.hpp"

#include "node/plan_text.hpp"

#include <stdexcept>

namespace usher::node {
namespace {

/// Within a view of the store, only `store_broken` is passed on unchanged.
domain::shared_plan readable_plan(const persistence::stored_event& stored) {
  try {
    if (auto plan = domain::with_numbers(plan_of_text(stored.plan), stored.supplement.numbering))
      return plan;
    throw std::runtime_error{"the numbers of its places are of another plan"};
  } catch (const std::runtime_error& unreadable) {
    throw persistence::store_broken{"the stored plan of " + stored.id.value()
                                    + " cannot be read: " + unreadable.what()};
  }
}

/// Null when there is no such event.
domain::shared_plan stored_plan(persistence::booking_store& store, const domain::event_id& event) {
  for (const auto& each : store.events())
    if (each.id == event)
      return readable_plan(each);
  return nullptr;
}

} // namespace

std::optional<audit::audit_report> audit_stored(persistence::booking_store& store, const domain::event_id& event) {
  return audit::audit(store, event, [&] { return stored_plan(store, event); });
}

} // namespace usher::node
