#pragma once

#include "audit/audit.hpp"

#include <iosfwd>
#include <string>

/// An audit's verdict in words.
namespace usher::node {

/// One violation as a line for people.
[[nodiscard]] std::string to_text(const audit::violation& broken);

/// The whole report as one JSON object; `audit` is `"ok"`, or the violations.
[[nodiscard]] std::string to_json(const audit::audit_report& report);

/// For people.
void print(const audit::audit_report& report, std::ostream& out);

} // namespace usher::node
