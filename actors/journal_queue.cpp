#include "actors/journal_queue.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/typed_actor.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace usher::actors {
namespace {

/// How many seats a fact names; they are what makes facts large.
template <class Fact>
std::size_t seats_in(const Fact& fact) {
  if constexpr (requires { fact.seats; })
    return fact.seats.size();
  else
    return 0;
}

/// Whether another actor's facts of this shard are in the group.
bool has_shard(const journal_group& group, const domain::shard_id& shard) {
  return std::any_of(group.parts.begin(), group.parts.end(), [&](const journal_part& part) {
    const auto& other = group.entries[part.first_entry].shard;
    return other.section == shard.section && other.kind == shard.kind && other.event == shard.event;
  });
}

} // namespace

bool journal_queue::add(messages::append_facts facts, messages::shard_actor actor) {
  if (refused(facts.shard, facts.epoch))
    return true;
  if (facts_waiting_ + facts.facts.size() > facts_max_) {
    refuse(facts.shard, facts.epoch);
    return false;
  }
  facts_waiting_ += facts.facts.size();
  waiting_.push_back({std::move(facts), std::move(actor)});
  return true;
}

void journal_queue::add(messages::keep_snapshot snapshot) {
  auto shard = snapshot.shard;
  snapshots_.insert_or_assign(std::move(shard), std::move(snapshot));
}

void journal_queue::refuse(const domain::shard_id& shard, domain::epoch epoch) {
  refused_[shard] = epoch;
  snapshots_.erase(shard);
}

journal_group journal_queue::take_group(std::size_t facts_max, std::size_t seats_max) {
  journal_group group;
  auto most = std::min(facts_waiting_, facts_max);
  group.entries.reserve(most);
  group.part_of.reserve(most);
  std::unordered_map<const caf::actor_control_block*, std::uint32_t> parts;
  std::size_t seats = 0;
  while (!waiting_.empty() && group.entries.size() < facts_max && seats < seats_max) {
    auto& [from, actor, taken] = waiting_.front();
    if (refused(from.shard, from.epoch)) {
      facts_waiting_ -= from.facts.size() - taken;
      waiting_.pop_front();
      continue;
    }
    auto [part, is_new] = parts.try_emplace(caf::actor_cast<caf::actor_control_block*>(actor),
                                            static_cast<std::uint32_t>(group.parts.size()));
    // A shard whose actor has ended has another one soon. What the first had sent is fenced by now, and nothing that
    // comes after it from the same shard would be written with it.
    if (is_new && has_shard(group, from.shard))
      break;
    if (is_new)
      group.parts.push_back({group.entries.size(), actor});
    while (taken < from.facts.size() && group.entries.size() < facts_max && seats < seats_max) {
      auto& fact = from.facts[taken];
      seats += std::visit([](const auto& x) { return seats_in(x); }, fact);
      domain::fact_seq seq{from.first.value() + taken};
      ++taken;
      --facts_waiting_;
      auto shard = taken == from.facts.size() ? std::move(from.shard) : from.shard;
      group.entries.push_back({std::move(shard), from.epoch, seq, from.at, std::move(fact)});
      group.part_of.push_back(part->second);
    }
    if (taken == from.facts.size())
      waiting_.pop_front();
  }
  return group;
}

std::optional<messages::keep_snapshot> journal_queue::take_snapshot() {
  if (snapshots_.empty())
    return std::nullopt;
  return std::move(snapshots_.extract(snapshots_.begin()).mapped());
}

bool journal_queue::refused(const domain::shard_id& shard, domain::epoch epoch) const {
  if (refused_.empty())
    return false;
  auto found = refused_.find(shard);
  return found != refused_.end() && epoch <= found->second;
}

} // namespace usher::actors
