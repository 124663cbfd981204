#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>

namespace usher::bench {

/// `usher bench journal`: how many facts a store can make durable. Holds of one seat each, first straight into the
/// store in groups, then through the journal writer, which forms the groups itself. Its facts are meaningless: give it
/// a store of its own.
struct journal_options {
  std::chrono::seconds duration{10}; ///< of each half, 1 to 3600
  std::string store;                 ///< as for `usher node`; empty: a fresh SQLite file
  std::size_t group = 256;           ///< facts per append of the first half, 1 to 10000
  std::size_t shards = 16;           ///< sections that take turns, 1 to 1000
  std::size_t in_flight = 2048;      ///< facts in flight in the second half, 1 to 100000
  bool json = false;
};

/// The verb: `per_s` straight into the store, `writer_per_s` through the writer. 0 if everything was written, 1 if not,
/// 3 if the store is out of reach.
int run_journal(const journal_options& options, std::ostream& out);

} // namespace usher::bench
