#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/journal_heads.hpp"
#include "persistence/row_changes.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/journal_ends.hpp"

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace usher::persistence::sqlite {

/// Writes groups of facts: one fenced transaction each, which includes the tables beside the journal.
///
/// Within its transaction it is the only writer. It remembers each shard's epoch and end, and rereads them when another
/// connection has written to the file in between: that is the fence, and guards the sequence numbers.
class appender {
public:
  explicit appender(connection& db);

  [[nodiscard]] std::vector<append_result> append(std::span<const journal_entry> group);
  /// Something was claimed through this very connection: what is remembered may be out of date.
  void forget() { shards_.clear(); }
  /// See `journal_ends`.
  void catch_up() { ends_.catch_up(); }
  [[nodiscard]] bool behind() { return ends_.behind(); }

private:
  /// A shard as this connection last saw it.
  struct known_shard {
    journal_head head;
    domain::epoch epoch;     ///< the current one
    std::int64_t newest = 0; ///< the row of its newest fact
    /// Why an entry of the present group was not written; then no later one is.
    std::optional<append_result> stopped;
  };
  using known_shards = std::unordered_map<domain::shard_id, known_shard>;

  void notice_other_writers();
  known_shard& find(const domain::shard_id& shard);
  known_shard read(const domain::shard_id& shard);
  append_result append_one(const journal_entry& entry, known_shard& shard);
  append_result write(const journal_entry& entry, known_shard& shard);
  append_result write_all(const journal_entry& entry, known_shard& shard);
  bool change_seat(const journal_head& head, const seat_change& change);
  bool change_order(const journal_head& head, const order_change& change);

  connection& db_;
  journal_ends ends_;
  statement find_version_;
  statement find_shard_;
  statement find_link_;
  statement add_fact_;
  statement add_seat_;
  statement swap_seat_;
  statement add_order_;
  statement move_order_;
  known_shards shards_;
  std::int64_t version_ = 0;              ///< of the file's content; others' commits change it
  bool caught_up_ = false;                ///< in the present transaction
  std::string fact_bytes_;                // kept to reuse its memory
  std::vector<seat_change> seat_changes_; // likewise
};

} // namespace usher::persistence::sqlite
