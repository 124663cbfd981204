#pragma once

#include "persistence/sqlite/connection.hpp"

namespace usher::persistence::sqlite {

/// Applies the migrations that this file has not had yet. Processes that start at once take turns.
/// `store_broken` when the file comes from a newer program or is no Usher store.
void migrate(connection& db);

} // namespace usher::persistence::sqlite
