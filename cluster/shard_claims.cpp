#include "cluster/shard_claims.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace usher::cluster {

namespace {

const persistence::stored_shard& find(const std::vector<persistence::stored_shard>& rows,
                                      const domain::shard_id& shard) {
  auto found = std::find_if(rows.begin(), rows.end(), [&shard](const auto& row) { return row.shard == shard; });
  if (found == rows.end())
    throw persistence::store_broken{"the store has no shard " + domain::to_string(shard)};
  return *found;
}

} // namespace

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
  const domain::shard_id root{domain::shard_kind::event, event, {}};
  auto rows = store().shards(event);
  auto is_lost = [this](const auto& row) { return taken_.contains(row.shard) && row.owner != owner_; };
  if (std::any_of(rows.begin(), rows.end(), is_lost))
    return std::nullopt;
  event_histories result;
  // The event first: once a takeover has begun, its old owner must not begin orders any more.
  std::optional whole{taken_.contains(root) ? reclaim(root, find(rows, root).epoch) : take(root)};
  if (!whole)
    return std::nullopt;
  result.event = *std::move(whole);
  // If two processes take an event over at the same time, it belongs to the one that claimed the event's own shard
  // later: what the other one knows of the rest is older than that, so it claims nothing from the winner.
  rows = store().shards(event);
  auto take_into = [&](persistence::shard_history& place, const domain::shard_id& shard) {
    for (;; rows = store().shards(event)) {
      if (find(rows, root).epoch != result.event.epoch)
        return false;
      if (auto history = store().claim(shard, owner_, find(rows, shard).epoch)) {
        taken_.insert(shard);
        place = *std::move(history);
        return true;
      }
    }
  };
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
  // A claim that got no answer may have succeeded, then or only just now: the shard is then further than its actor
  // knows, but still this process's own.
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
