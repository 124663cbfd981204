#pragma once

#include "persistence/sqlite/connection.hpp"

namespace usher::persistence::sqlite {

/// Where each shard's journal ends: `shard.last` and `shard.newest`.
///
/// Writing these with each group would touch pages of the shards' table, mostly for nothing. So they lag behind:
/// whoever needs them scans the rows that came since, which `rows_at_most` bounds.
class journal_ends {
public:
  explicit journal_ends(connection& db);

  /// Whether facts came, from anybody, since the ends were up to date. Takes no lock.
  [[nodiscard]] bool behind();
  /// Brings the ends up to date. Call within a transaction that writes.
  void catch_up();
  /// A transaction of this connection adds this many facts. Catches up when enough have gathered; call before its
  /// commit.
  void note_added(std::size_t facts);

private:
  /// How many facts of each writer may be missing from the ends: what the next claim has to scan.
  static constexpr std::size_t rows_at_most = 4'096;

  statement compare_;
  statement keep_ends_;
  statement keep_looked_over_;
  std::size_t behind_ = 0; ///< since this connection last caught up
};

} // namespace usher::persistence::sqlite
