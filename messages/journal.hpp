#pragma once

#include "domain/facts.hpp"
#include "domain/ids.hpp"

#include <vector>

/// Between a shard and the journal writer of its node. Local only.
namespace usher::messages {

/// Shard → writer: write these down, `first` being the first one's sequence number. Answered later, for many at once,
/// by `facts_durable` or `append_failed` to the shard.
struct append_facts {
  domain::shard_id shard;
  domain::epoch epoch;
  domain::fact_seq first;
  domain::instant at;
  std::vector<domain::fact> facts;
};

/// Writer → shard: everything up to and including this is durable.
struct facts_durable {
  domain::epoch epoch;
  domain::fact_seq upto;
};

enum class append_failure : std::uint8_t {
  fenced,      ///< somebody else owns the shard now
  unavailable, ///< the store is out of reach; whether the facts were written is unknown
  conflict,    ///< the shard's view is out of date
  disagreed,   ///< the table of sold seats contradicts the fact
  overloaded,  ///< the writer's queue is full; nothing was written
  broken,      ///< the store cannot be used, whoever writes
  lost,        ///< the store lacks facts that were durable: nobody may go on from it before people have looked
};

/// Writer → shard: nothing from this fact on was acknowledged. The writer ignores the shard's further
/// facts of this epoch.
struct append_failed {
  domain::epoch epoch;
  domain::fact_seq from;
  append_failure why = append_failure::unavailable;
};

/// Shard → writer: keep this snapshot when there is time for it.
struct keep_snapshot {
  domain::shard_id shard;
  domain::epoch epoch;
  domain::fact_seq upto;
  std::vector<domain::fact> facts;
};

/// Shard → keeper: my view may be out of date; claim my next epoch, if mine is still the current one. Answered by
/// `shard_reclaimed`, or by `store_unavailable`.
struct reclaim_shard {
  domain::shard_id shard;
  domain::epoch epoch;
};

struct shard_reclaimed {
  domain::epoch epoch;
  domain::fact_seq last;
  std::vector<domain::fact> snapshot;
  std::vector<domain::fact> facts;
};

/// Shard → keeper: I have stopped. `fenced` means that somebody else has taken over.
struct shard_stopped {
  domain::shard_id shard;
  append_failure why = append_failure::fenced;
  std::string sentence; ///< for people
};

} // namespace usher::messages
