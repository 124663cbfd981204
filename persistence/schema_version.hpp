#pragma once

#include <cstdint>

namespace usher::persistence {

/// Throws `store_broken`, saying what to do, unless a store's schema has the newest version that this program knows.
void refuse_another(std::int64_t version, std::int64_t newest);

} // namespace usher::persistence
