#pragma once

#include "persistence/sqlite/connection.hpp"

namespace usher::persistence::sqlite {

/// Where each shard's journal ends: `shard.last` and `shard.newest`.
///
/// Writing these with each group would touch pages of the shards' table for nothing most of the time, so they lag
/// behind: whoever needs them looks over the rows that came since, which `rows_at_most` bounds.
class journal_ends {
public:
  explicit journal_ends(connection& db);

  /// Whether facts came, from anybody, since the ends were true. Takes no lock.
  [[nodiscard]] bool behind();
  /// Makes the ends true. Within a transaction that writes.
  void catch_up();
  /// A transaction of this connection adds so many facts. Catches up when enough have gathered; to be called before
  /// its commit.
  void note_added(std::size_t facts);

private:
  /// How many facts may lie behind the ends, of each writer: what the next claim has to look over.
  static constexpr std::size_t rows_at_most = 4'096;

  statement compare_;
  statement keep_ends_;
  statement keep_looked_over_;
  std::size_t behind_ = 0; ///< since this connection last caught up
};

} // namespace usher::persistence::sqlite
