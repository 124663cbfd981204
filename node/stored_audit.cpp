#include "node/stored_audit.hpp"

#include "gateway/plan_codec.hpp"

#include <utility>
#include <variant>

namespace usher::node {
namespace {

/// Null when there is no such event.
domain::shared_plan stored_plan(persistence::booking_store& store, const domain::event_id& event) {
  for (auto& each : store.events()) {
    if (each.id != event)
      continue;
    auto plan = gateway::parse_plan(each.plan);
    if (auto fault = std::get_if<gateway::plan_fault>(&plan))
      throw persistence::store_broken{"the plan of " + event.value() + " is broken at '" + fault->pointer
                                      + "': " + fault->sentence};
    auto numbered = domain::with_numbers(std::get<domain::shared_plan>(std::move(plan)), each.supplement.numbering);
    if (!numbered)
      throw persistence::store_broken{"the numbers of places of " + event.value() + " are of another plan"};
    return numbered;
  }
  return nullptr;
}

} // namespace

std::optional<audit_report> audit_stored(persistence::booking_store& store, const domain::event_id& event) {
  return audit(store, event, [&] { return stored_plan(store, event); });
}

} // namespace usher::node
