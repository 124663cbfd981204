#include "persistence/sqlite/journal_ends.hpp"

namespace usher::persistence::sqlite {

// With `max`, SQLite takes bare columns of an aggregate from the row that has the maximum.
journal_ends::journal_ends(connection& db)
    : compare_(db, "SELECT (SELECT coalesce(max(number), 0) FROM journal) > (SELECT number FROM journal_end)"),
      keep_ends_(db, "UPDATE shard SET last = added.seq, newest = added.number "
                     "FROM (SELECT shard, seq, max(number) AS number FROM journal "
                     "      WHERE number > (SELECT number FROM journal_end) GROUP BY shard) AS added "
                     "WHERE shard.number = added.shard"),
      keep_looked_over_(db, "UPDATE journal_end SET number = (SELECT coalesce(max(number), 0) FROM journal)") {}

bool journal_ends::behind() {
  auto row = compare_.rows();
  row.next();
  return row.number(0) != 0;
}

void journal_ends::catch_up() {
  if (keep_ends_.run() > 0)
    keep_looked_over_.run();
  behind_ = 0;
}

void journal_ends::note_added(std::size_t facts) {
  behind_ += facts;
  if (behind_ >= rows_at_most)
    catch_up();
}

} // namespace usher::persistence::sqlite
