#include "persistence/read_back.hpp"

#include "persistence/fact_codec.hpp"

#include <utility>

namespace usher::persistence {

stored_snapshot read_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                              std::string_view bytes) {
  if (is_outdated_snapshot(bytes))
    return {epoch, upto, {}, true};
  if (auto facts = decode_snapshot(bytes))
    return {epoch, upto, *std::move(facts)};
  throw store_broken("the snapshot of " + to_string(shard) + " cannot be read");
}

plan_supplement supplement_of(const domain::event_id& event, std::string_view bytes) {
  if (auto supplement = decode_supplement(bytes))
    return *std::move(supplement);
  throw store_broken("what belongs to the plan of " + event.value() + " cannot be read");
}

} // namespace usher::persistence
