#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace usher::persistence {

/// One link of a shard's chain: a SHA-256.
using chain_link = std::array<std::uint8_t, 32>;

[[nodiscard]] std::string_view bytes_of(const chain_link& link);
/// The link in a row; all zero, which fits nothing, when the row's bytes cannot be one.
[[nodiscard]] chain_link link_from(std::string_view bytes);

/// Chains each shard's journal: a row's link is the digest of the previous link and the row's own content, so that a
/// row changed, removed or inserted later does not fit its neighbours.
class journal_chain {
public:
  journal_chain();
  ~journal_chain();
  journal_chain(const journal_chain&) = delete;
  journal_chain& operator=(const journal_chain&) = delete;

  /// The link before a shard's first row. Differs from shard to shard, so rows cannot move.
  [[nodiscard]] chain_link beginning(const domain::shard_id& shard);
  [[nodiscard]] chain_link next(const chain_link& previous, domain::fact_seq seq, domain::epoch epoch,
                                domain::instant at, std::string_view fact);

private:
  [[nodiscard]] chain_link digest(std::string_view first, std::string_view second);

  struct engine; // OpenSSL's, made once: making one per row would cost more than the digest
  std::unique_ptr<engine> engine_;
};

} // namespace usher::persistence
