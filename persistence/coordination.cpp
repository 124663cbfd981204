#include "persistence/coordination.hpp"

#include "persistence/postgres/coordination.hpp"
#include "persistence/store_url.hpp"

namespace usher::persistence {

std::string session_of(incarnation number) {
  return "usher/" + std::to_string(number.value());
}

std::unique_ptr<coordination> open_coordination(const std::string& url, schema_upkeep upkeep) {
  if (sqlite_file_of(url))
    throw store_broken("an SQLite store has one node only: a cluster needs PostgreSQL");
  if (is_store_url(url))
    return postgres::open_coordination(url, upkeep);
  throw store_broken("a cluster's store is postgres://USER@HOST/DATABASE or postgresql://USER@HOST/DATABASE");
}

} // namespace usher::persistence
