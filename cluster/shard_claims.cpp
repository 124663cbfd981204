#include "cluster/shard_claims.hpp"

#include <unordered_map>
#include <utility>

namespace usher::cluster {

std::uint16_t section_count(const domain::seating_plan& plan) {
  return static_cast<std::uint16_t>(plan.sections().size());
}

shard_claims::shard_claims(std::function<std::unique_ptr<persistence::booking_store>()> open, std::string owner)
    : open_(std::move(open)), owner_(std::move(owner)) {}

persistence::booking_store& shard_claims::store() {
  if (!store_)
    store_ = open_();
  return *store_;
}

std::optional<event_histories> shard_claims::take_over(const domain::event_id& event, std::uint16_t sections) {
  std::unordered_map<domain::shard_id, domain::epoch> own; // as it stands now
  for (const auto& row : store().shards(event)) {
    if (!taken_.contains(row.shard))
      continue;
    if (row.owner != owner_)
      return std::nullopt;
    own.emplace(row.shard, row.epoch);
  }
  event_histories result;
  auto take_into = [&](persistence::shard_history& place, const domain::shard_id& shard) {
    auto known = own.find(shard);
    std::optional<persistence::shard_history> history =
        known == own.end() ? take(shard) : reclaim(shard, known->second);
    if (!history)
      return false;
    place = *std::move(history);
    return true;
  };
  // The event first: while a takeover is under way, its old owner must not begin orders any more.
  if (!take_into(result.event, {domain::shard_kind::event, event, {}}))
    return std::nullopt;
  result.sections.resize(sections);
  for (std::uint16_t i = 0; i < sections; ++i)
    if (!take_into(result.sections[i], {domain::shard_kind::section, event, domain::section_no{i}}))
      return std::nullopt;
  if (!take_into(result.room, {domain::shard_kind::waiting_room, event, {}}))
    return std::nullopt;
  return result;
}

persistence::shard_history shard_claims::take_over_section(const domain::event_id& event, domain::section_no number) {
  return take({domain::shard_kind::section, event, number});
}

std::optional<persistence::shard_history> shard_claims::reclaim(const domain::shard_id& shard, domain::epoch present) {
  // A claim of which no answer came may have succeeded, then or only just now: the shard is further than its actor
  // knows, and still this process's own.
  for (std::optional seen{present}; seen;) {
    if (auto history = store().claim(shard, owner_, seen))
      return history;
    auto before = std::exchange(seen, own_epoch(shard));
    if (seen == before)
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<domain::epoch> shard_claims::own_epoch(const domain::shard_id& shard) {
  for (const auto& row : store().shards(shard.event))
    if (row.shard == shard && row.owner == owner_)
      return row.epoch;
  return std::nullopt;
}

std::optional<persistence::stored_shard> shard_claims::lost(const domain::event_id& event) {
  for (auto& row : store().shards(event))
    if (taken_.contains(row.shard) && row.owner != owner_)
      return std::move(row);
  return std::nullopt;
}

persistence::shard_history shard_claims::take(const domain::shard_id& shard) {
  auto history = store().claim(shard, owner_, std::nullopt);
  if (!history)
    throw persistence::store_broken{"the store has no shard " + domain::to_string(shard)};
  taken_.insert(shard);
  return *std::move(history);
}

} // namespace usher::cluster
