#pragma once

#include "audit/audit.hpp"

#include <optional>

namespace usher::node {

/// Audits an event with the plan that the store keeps for it; nothing when there is no such event. Throws
/// `persistence::store_broken` when the plan cannot be read.
[[nodiscard]] std::optional<audit::audit_report> audit_stored(persistence::booking_store& store,
                                                              const domain::event_id& event);

} // namespace usher::node
