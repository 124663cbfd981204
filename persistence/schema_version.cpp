#include "persistence/schema_version.hpp"

#include "persistence/booking_store.hpp"

#include <string>

namespace usher::persistence {

void refuse_another(std::int64_t version, std::int64_t newest) {
  if (version > newest)
    throw store_broken("the store's schema has version " + std::to_string(version) + ", this program knows up to "
                       + std::to_string(newest) + ": a newer Usher has used it, start that one");
  if (version < newest)
    throw store_broken("the store's schema has version " + std::to_string(version) + ", this program reads "
                       + std::to_string(newest) + ": start a node on it once, which brings it up to date");
}

} // namespace usher::persistence
