#pragma once

#include "tests/persistence/contract.hpp"
#include "tests/persistence/sample_facts.hpp"

/// Steps shared by the files of the contract's clauses.
namespace usher::tests {

using append_results = std::vector<persistence::append_result>;

/// A store with the event `rock`, which has three sections.
inline std::unique_ptr<persistence::booking_store> with_event(const connector& connect) {
  auto store = connect();
  store->add_event({rock, "{}"}, 3);
  return store;
}

/// The epoch of a shard that was just claimed.
inline domain::epoch claimed(persistence::booking_store& store, const domain::shard_id& shard) {
  return store.claim(shard, "test", std::nullopt).value().epoch;
}

inline append_results append(persistence::booking_store& store, std::vector<persistence::journal_entry> group) {
  return store.append(group);
}

/// The facts in a shard's journal.
inline std::vector<domain::fact> facts_of(persistence::booking_store& store, const domain::shard_id& shard) {
  std::vector<domain::fact> facts;
  store.read_journal(rock, [&](const persistence::journal_entry& entry) {
    if (entry.shard == shard)
      facts.push_back(entry.fact);
  });
  return facts;
}

/// The clauses about facts and the tables that follow them.
[[nodiscard]] const std::vector<contract_clause>& clauses_of_facts();

} // namespace usher::tests
