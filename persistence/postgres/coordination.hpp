#pragma once

#include "persistence/coordination.hpp"

#include <memory>
#include <string>

namespace usher::persistence::postgres {

/// The coordinator of a cluster: a PostgreSQL 15 database, in its schema `usher`.
[[nodiscard]] std::unique_ptr<coordination> open_coordination(const std::string& url, schema_upkeep upkeep);

} // namespace usher::persistence::postgres
