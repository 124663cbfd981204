#include "persistence/read_back.hpp"

#include "persistence/fact_codec.hpp"
#include "persistence/history_broken.hpp"

#include <utility>

namespace usher::persistence {

stored_snapshot read_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                              std::string_view bytes) {
  if (is_outdated_snapshot(bytes))
    return {epoch, upto, {}, true};
  if (auto facts = decode_snapshot(bytes))
    return {epoch, upto, *std::move(facts)};
  throw history_broken("the snapshot of " + to_string(shard) + " cannot be read");
}

domain::fact journal_fact(const domain::shard_id& shard, domain::fact_seq seq, std::string_view bytes) {
  if (auto fact = decode(bytes))
    return *std::move(fact);
  throw history_broken("the journal of " + to_string(shard) + " cannot be read at " + std::to_string(seq.value()));
}

void ensure_nothing_lost(const domain::shard_id& shard, domain::fact_seq last, domain::fact_seq seen) {
  if (seen > last)
    throw history_broken("the journal of " + to_string(shard) + " has lost its newest facts: it ends at "
                         + std::to_string(last.value()) + ", and fact " + std::to_string(seen.value()) + " was in it");
}

plan_supplement supplement_of(const domain::event_id& event, std::string_view bytes) {
  if (auto supplement = decode_supplement(bytes))
    return *std::move(supplement);
  throw store_broken("what belongs to the plan of " + event.value() + " cannot be read");
}

} // namespace usher::persistence
