#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/sqlite/connection.hpp"

namespace usher::persistence::sqlite {

/// Applies the migrations that this file has not had yet, or sees that it has had all. Processes that start at once
/// take turns. `store_broken`, and the file is as it was, when it comes from a newer program or is another program's.
void prepare(connection& db, schema_upkeep upkeep);

} // namespace usher::persistence::sqlite
