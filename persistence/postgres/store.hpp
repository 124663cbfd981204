#pragma once

#include "persistence/booking_store.hpp"

#include <functional>
#include <memory>
#include <string>

/// The store of a cluster: a PostgreSQL 15 database, in its schema `usher`.
namespace usher::persistence::postgres {

[[nodiscard]] std::unique_ptr<booking_store> open(const std::string& url, schema_upkeep upkeep,
                                                  std::function<std::string()> session);

} // namespace usher::persistence::postgres
