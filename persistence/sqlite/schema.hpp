#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/sqlite/connection.hpp"

namespace usher::persistence::sqlite {

/// Applies the migrations that this file has not had yet, or checks that it has had all. Processes that start at the
/// same time take turns. `store_broken`, with the file unchanged, when it comes from a newer program or is another
/// program's.
void prepare(connection& db, schema_upkeep upkeep);

} // namespace usher::persistence::sqlite
