#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/journal_heads.hpp"
#include "persistence/postgres/connection.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace usher::persistence::postgres {

/// Writes groups of facts: one fenced statement each, which also changes the tables beside the journal.
///
/// The statement writes all of its entries or none. If it writes none, it is repeated for each shard alone, and for
/// each entry of a shard that still fails: so the guilty entries are found, and only they are refused.
class appender {
public:
  explicit appender(connection& db);
  ~appender();

  [[nodiscard]] std::vector<append_result> append(std::span<const journal_entry> group);

private:
  using positions = std::vector<std::size_t>; ///< of entries in the group
  struct arguments;

  /// Where the batch that begins at `begin` must end: a statement has one epoch per shard, no gaps, and changes no row
  /// twice.
  [[nodiscard]] static std::size_t end_of_batch(std::span<const journal_entry> group, std::size_t begin);

  /// Writes those of the chosen entries that can be written, and notes the outcome of each.
  void settle(std::span<const journal_entry> group, const positions& chosen);
  void settle_each_shard(std::span<const journal_entry> group, const positions& chosen);
  void settle_each_entry(std::span<const journal_entry> group, const positions& chosen);
  void note(std::span<const journal_entry> group, const positions& chosen, append_result result);

  /// Writes all of the chosen entries, or none; then it returns why.
  append_result write(std::span<const journal_entry> group, const positions& chosen);
  /// Prepares the arguments. False when a shard, or the row before an entry, is not in the store.
  bool fill(std::span<const journal_entry> group, const positions& chosen, journal_heads& heads);
  void fill_rows(const journal_entry& entry, std::int64_t event);
  /// The end of the journal that `entry` continues; nothing when there is no such row.
  std::optional<journal_head> head_before(const journal_entry& entry);
  append_result run_statement();
  append_result why_out_of_place(const journal_entry& entry);

  connection& db_;
  std::uint64_t generation_ = 0; ///< of the connection on which `heads_` was learnt
  journal_heads heads_;
  std::vector<append_result> results_;                          // of the present group
  std::unordered_map<domain::shard_id, append_result> stopped_; // in the present group
  std::unique_ptr<arguments> arguments_;                        // kept to reuse their memory
};

} // namespace usher::persistence::postgres
