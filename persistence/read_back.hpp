#pragma once

#include "domain/facts.hpp"
#include "persistence/plan_supplement.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What adapters read from their tables; `store_broken`, saying what the bytes belong to, when they are not what was
/// written.
namespace usher::persistence {

/// Nothing when the snapshot is of an earlier version, which is as if there were none.
[[nodiscard]] std::optional<std::vector<domain::fact>> snapshot_facts(const domain::shard_id& shard,
                                                                      std::string_view bytes);
/// A fact of a shard's journal.
[[nodiscard]] domain::fact journal_fact(const domain::shard_id& shard, domain::fact_seq seq, std::string_view bytes);
/// A journal that ends at `last` was seen, by whoever notes ends or makes snapshots, to reach `seen`.
void ensure_nothing_lost(const domain::shard_id& shard, domain::fact_seq last, domain::fact_seq seen);
[[nodiscard]] plan_supplement supplement_of(const domain::event_id& event, std::string_view bytes);

} // namespace usher::persistence
