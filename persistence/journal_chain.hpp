#pragma once

#include "digest/sha256.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <string_view>

namespace usher::persistence {

/// One link of a shard's chain.
using chain_link = digest::sha256_digest;
using digest::bytes_of;

/// The link in a row; all zero, which fits nothing, when the row's bytes cannot be one.
[[nodiscard]] chain_link link_from(std::string_view bytes);

// Each shard's journal is a chain: a row's link is the digest of the previous link and the row's own content, so that a
// row changed, removed or inserted later does not fit its neighbours.

/// The link before a shard's first row. Differs from shard to shard, so rows cannot move.
[[nodiscard]] chain_link first_link(const domain::shard_id& shard);
[[nodiscard]] chain_link next_link(const chain_link& previous, domain::fact_seq seq, domain::epoch epoch,
                                   domain::instant at, std::string_view fact);

} // namespace usher::persistence
