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
class appender {
public:
  explicit appender(connection& db);

  [[nodiscard]] std::vector<append_result> append(std::span<const journal_entry> group);

private:
  /// A shard within the group that is being written.
  struct progress {
    journal_head head;
    std::int64_t epoch = 0;               ///< the present one
    std::optional<append_result> stopped; ///< why an entry was not written; then none after it is
  };
  using progress_map = std::unordered_map<domain::shard_id, progress>;

  progress begin(const domain::shard_id& shard);
  append_result append_one(const journal_entry& entry, progress& shard);
  /// False when the row before `entry` is not there.
  bool reach_predecessor(const journal_entry& entry, journal_head& head);
  append_result write(const journal_entry& entry, journal_head& head);
  bool change_seat(const journal_head& head, const seat_change& change);
  bool change_order(const journal_head& head, const order_change& change);

  connection& db_;
  statement find_shard_;
  statement find_epoch_;
  statement find_link_;
  statement add_fact_;
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
