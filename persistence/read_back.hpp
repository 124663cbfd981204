#pragma once

#include "domain/facts.hpp"
#include "persistence/plan_supplement.hpp"

#include <optional>
#include <string_view>
#include <vector>

/// What adapters read from their tables; `store_broken`, saying what the bytes belong to, when they are not what was
/// written.
namespace usher::persistence {

/// Nothing when the snapshot is of an earlier version, which is as if there were none.
[[nodiscard]] std::optional<std::vector<domain::fact>> snapshot_facts(const domain::shard_id& shard,
                                                                      std::string_view bytes);
[[nodiscard]] plan_supplement supplement_of(const domain::event_id& event, std::string_view bytes);

} // namespace usher::persistence
