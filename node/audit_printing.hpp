#pragma once

#include "domain/seating_plan.hpp"
#include "node/audit.hpp"

#include <iosfwd>
#include <string>

namespace usher::persistence {
class booking_store;
}

/// An audit's verdict, and what is audited.
namespace usher::node {

/// The plan that a store keeps for an event; null when there is no such event. Throws `persistence::store_broken` when
/// it cannot be read.
[[nodiscard]] domain::shared_plan stored_plan(persistence::booking_store& store, const domain::event_id& event);

/// One violation as a line for people.
[[nodiscard]] std::string to_text(const violation& broken);

/// The whole report as one JSON object; `audit` is `"ok"`, or the violations.
[[nodiscard]] std::string to_json(const audit_report& report);

/// For people.
void print(const audit_report& report, std::ostream& out);

} // namespace usher::node
