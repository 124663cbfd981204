#include "cluster/shard_claims.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::cluster {

namespace {

using shard_rows = std::unordered_map<domain::shard_id, persistence::stored_shard>;

shard_rows by_shard(std::vector<persistence::stored_shard> rows) {
  shard_rows result;
  for (auto& row : rows)
    result.emplace(row.shard, std::move(row));
  return result;
}

const persistence::stored_shard& find(const shard_rows& rows, const domain::shard_id& shard) {
  auto found = rows.find(shard);
  if (found == rows.end())
    throw persistence::store_broken{"the store has no shard " + domain::to_string(shard)};
  return found->second;
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
  auto rows = by_shard(store().shards(event));
  auto is_lost = [this](const auto& row) { return taken_.contains(row.first) && row.second.owner != owner_; };
  if (std::any_of(rows.begin(), rows.end(), is_lost))
    return std::nullopt;
  event_histories result;
  // The event first: once a takeover has begun, its old owner must not begin orders any more.
  auto whole = taken_.contains(root) ? reclaim(root, find(rows, root).epoch) : take(root);
  if (!whole)
    return std::nullopt;
  result.event = *std::move(whole);
  std::vector<domain::shard_id> others{{domain::shard_kind::waiting_room, event, {}}};
  for (std::uint16_t i = 0; i < sections; ++i)
    others.push_back({domain::shard_kind::section, event, domain::section_no{i}});
  auto taken = take_rest(root, result.event.epoch, others);
  if (!taken)
    return std::nullopt;
  auto histories = store().histories(*taken);
  if (std::find(histories.begin(), histories.end(), std::nullopt) != histories.end())
    return std::nullopt;
  result.room = *std::move(histories.front());
  for (auto history = std::next(histories.begin()); history != histories.end(); ++history)
    result.sections.push_back(*std::move(*history));
  return result;
}

/// If two processes take an event over at the same time, it belongs to the one that claimed the event's own shard
/// later: what the other one knows of the rest is older than that, so it claims nothing from the winner.
std::optional<std::vector<persistence::owned_shard>>
shard_claims::take_rest(const domain::shard_id& root, domain::epoch own, const std::vector<domain::shard_id>& others) {
  std::vector<persistence::owned_shard> taken;
  taken.reserve(others.size());
  for (const auto& shard : others)
    taken.push_back({shard, {}});
  for (;;) {
    std::vector<persistence::owned_shard*> missing;
    for (auto& one : taken)
      if (one.epoch == domain::epoch{})
        missing.push_back(&one);
    if (missing.empty())
      return taken;
    auto rows = by_shard(store().shards(root.event));
    if (find(rows, root).epoch != own)
      return std::nullopt;
    std::vector<persistence::wanted_shard> wanted;
    wanted.reserve(missing.size());
    for (const auto* one : missing)
      wanted.push_back({one->shard, find(rows, one->shard).epoch});
    auto epochs = store().claim_shards(wanted, owner_);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (!epochs[i])
        continue;
      missing[i]->epoch = *epochs[i];
      taken_.insert(missing[i]->shard);
    }
  }
}

std::optional<persistence::shard_history> shard_claims::take_over_section(const domain::event_id& event,
                                                                          domain::section_no number) {
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

std::optional<persistence::shard_history> shard_claims::take(const domain::shard_id& shard) {
  const persistence::wanted_shard wanted{shard};
  auto epoch = store().claim_shards({&wanted, 1}, owner_).front();
  if (!epoch)
    throw persistence::store_broken{"the store has no shard " + domain::to_string(shard)};
  taken_.insert(shard);
  const persistence::owned_shard taken{shard, *epoch};
  return std::move(store().histories({&taken, 1}).front());
}

} // namespace usher::cluster
