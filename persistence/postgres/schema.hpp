#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/postgres/connection.hpp"

namespace usher::persistence::postgres {

/// Applies the migrations that this database has not had yet, or checks that it has had all. Programs that start at the
/// same time take turns. `store_broken` when the schema comes from a newer program.
void prepare(connection& db, schema_upkeep upkeep);

} // namespace usher::persistence::postgres
