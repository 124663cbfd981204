#pragma once

#include "node/audit.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace usher::persistence {
class booking_store;
}

/// An audit of what a store has, and its verdict in words.
namespace usher::node {

/// Audits an event with the plan that the store keeps for it; nothing when there is no such event. Throws
/// `persistence::store_broken` when the plan cannot be read.
[[nodiscard]] std::optional<audit_report> audit_stored(persistence::booking_store& store,
                                                       const domain::event_id& event);

/// One violation as a line for people.
[[nodiscard]] std::string to_text(const violation& broken);

/// The whole report as one JSON object; `audit` is `"ok"`, or the violations.
[[nodiscard]] std::string to_json(const audit_report& report);

/// For people.
void print(const audit_report& report, std::ostream& out);

} // namespace usher::node
