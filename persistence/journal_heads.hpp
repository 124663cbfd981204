#pragma once

#include "domain/ids.hpp"
#include "persistence/journal_chain.hpp"

#include <cstdint>
#include <unordered_map>

namespace usher::persistence {

/// Where a shard's journal ends, as the connection that writes it last saw it. Rows never change, so a head that was
/// once durable stays a true link; the store checks that it is still the last one.
struct journal_head {
  std::int64_t shard = 0; ///< its number in the store, from 1; 0 while the store knows no such shard
  std::int64_t event = 0; ///< its event's number in the store
  domain::fact_seq last;
  chain_link link{};
};

using journal_heads = std::unordered_map<domain::shard_id, journal_head>;

} // namespace usher::persistence
