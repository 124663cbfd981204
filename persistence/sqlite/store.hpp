#pragma once

#include "persistence/booking_store.hpp"

#include <memory>
#include <string>

/// The embedded store: one file, any number of processes.
namespace usher::persistence::sqlite {

[[nodiscard]] std::unique_ptr<booking_store> open(const std::string& file, schema_upkeep upkeep);

} // namespace usher::persistence::sqlite
