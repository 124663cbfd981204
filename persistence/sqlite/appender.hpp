#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/journal_heads.hpp"
#include "persistence/row_changes.hpp"
#include "persistence/sqlite/connection.hpp"

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace usher::persistence::sqlite {

/// Writes groups of facts: one transaction each, fenced, the tables beside the journal with it.
///
/// Within its transaction it is the only writer, so it reads each shard's epoch and end once, compares, and leaves the
/// new end there: that is the fence and the guard of the sequence numbers.
class appender {
public:
  explicit appender(connection& db);

  [[nodiscard]] std::vector<append_result> append(std::span<const journal_entry> group);

private:
  /// A shard within the group that is being written.
  struct progress {
    journal_head head;
    std::int64_t epoch = 0;  ///< the present one
    std::int64_t newest = 0; ///< the row of its newest fact
    bool grown = false;
    std::optional<append_result> stopped; ///< why an entry was not written; then none after it is
  };
  using progress_map = std::unordered_map<domain::shard_id, progress>;

  progress begin(const domain::shard_id& shard);
  /// Takes over where the shard's journal ends; the link is read when `state.head` is of another fact.
  void reach(progress& state, domain::fact_seq last, std::int64_t newest);
  append_result append_one(const journal_entry& entry, progress& shard);
  append_result write(const journal_entry& entry, progress& shard);
  void keep_ends(const progress_map& shards);
  bool change_seat(const journal_head& head, const seat_change& change);
  bool change_order(const journal_head& head, const order_change& change);

  connection& db_;
  statement find_shard_;
  statement find_end_;
  statement find_link_;
  statement add_fact_;
  statement keep_end_;
  statement add_seat_;
  statement swap_seat_;
  statement add_order_;
  statement move_order_;
  journal_chain chain_;
  journal_heads heads_;
  std::string fact_bytes_;                // kept to keep its memory
  std::vector<seat_change> seat_changes_; // likewise
};

} // namespace usher::persistence::sqlite
