#pragma once

#include "persistence/postgres/connection.hpp"

namespace usher::persistence::postgres {

/// Applies the migrations that this database has not had yet. Programs that start at once take turns.
/// `store_broken` when the schema comes from a newer program.
void migrate(connection& db);

} // namespace usher::persistence::postgres
