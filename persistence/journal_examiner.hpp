#pragma once

#include "persistence/booking_store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace usher::persistence {

/// A row of the journal as it lies in a table.
struct journal_row {
  domain::fact_seq seq;
  domain::epoch epoch;
  domain::instant at;
  std::string link;
  std::string fact;
  bool reached = true; ///< by the path on which the store reads a shard's history
};

/// Reads the rows of one shard that come after a sequence number, in order, at most `most`.
using page_reader = std::function<std::vector<journal_row>(domain::fact_seq after, std::size_t most)>;

/// Walks one shard's journal in bounded pages and says of each row whether it is readable and fits the one before it.
/// `each` may use the store.
void examine_shard(const domain::shard_id& shard, const page_reader& read_page,
                   const std::function<void(const examined_entry&)>& each);

/// What `read_journal` passes on for a row; throws `store_broken` when it is unreadable.
[[nodiscard]] journal_entry trusted(const examined_entry& row);

} // namespace usher::persistence
