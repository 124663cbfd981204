#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/plan_supplement.hpp"

#include <string_view>

/// What adapters read from their tables; `store_broken`, saying what the bytes belong to, when they are not what was
/// written.
namespace usher::persistence {

[[nodiscard]] stored_snapshot read_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                                            std::string_view bytes);
/// A fact of a shard's journal.
[[nodiscard]] domain::fact journal_fact(const domain::shard_id& shard, domain::fact_seq seq, std::string_view bytes);
/// A journal that ends at `last` was seen, by whoever notes ends or makes snapshots, to reach `seen`.
void ensure_nothing_lost(const domain::shard_id& shard, domain::fact_seq last, domain::fact_seq seen);
[[nodiscard]] plan_supplement supplement_of(const domain::event_id& event, std::string_view bytes);

} // namespace usher::persistence
