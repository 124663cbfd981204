#include "cluster/shard_claims.hpp"

#include "domain/ensure.hpp"
#include "failpoint/failpoint.hpp"

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

shard_claims::shard_claims(store_openers open, std::string owner) : open_(std::move(open)), owner_(std::move(owner)) {}

persistence::booking_store& shard_claims::store() {
  if (!store_)
    store_ = open_.store();
  return *store_;
}

persistence::coordination& shard_claims::coordination() {
  domain::ensure(static_cast<bool>(open_.coordination), "the store is shared");
  if (!coordination_) {
    coordination_ = open_.coordination();
    if (me_ != persistence::incarnation{})
      coordination_->act_for(me_); // so that whoever ends this node ends this session, too
  }
  return *coordination_;
}

void shard_claims::act_as(persistence::incarnation me, std::string owner) {
  me_ = me;
  owner_ = std::move(owner);
  coordination_.reset(); // its session carries the name of whoever it was opened for
}

std::vector<std::optional<domain::epoch>> shard_claims::claim(std::span<const persistence::owned_shard> seen) {
  if (open_.coordination)
    return coordination().claim(me_, seen);
  std::vector<persistence::wanted_shard> wanted;
  wanted.reserve(seen.size());
  for (const auto& one : seen)
    wanted.push_back({one.shard, one.epoch});
  return store().claim_shards(wanted, owner_);
}

std::optional<event_histories> shard_claims::take_over(const domain::event_id& event, std::uint16_t sections) {
  if (open_.coordination)
    return take_over_own(event, sections);
  const domain::shard_id root{domain::shard_kind::event, event, {}};
  auto rows = by_shard(store().shards(event));
  auto is_lost = [this](const auto& row) { return taken_.contains(row.first) && row.second.owner != owner_; };
  if (std::any_of(rows.begin(), rows.end(), is_lost))
    return std::nullopt;
  event_histories result;
  // The event first: once a takeover has begun, its old owner must not begin orders any more.
  const persistence::owned_shard seen{root, find(rows, root).epoch};
  auto whole = taken_.contains(root) ? std::move(reclaim({&seen, 1}).front()) : take(root);
  if (!whole)
    return std::nullopt;
  result.event = *std::move(whole);
  std::vector<domain::shard_id> others{{domain::shard_kind::waiting_room, event, {}}};
  for (std::uint16_t i = 0; i < sections; ++i)
    others.push_back({domain::shard_kind::section, event, domain::section_no{i}});
  auto taken = take_rest(root, result.event.epoch, others);
  if (!taken)
    return std::nullopt;
  auto histories = read_histories(*taken);
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

/// The shards of an event of a shared store: the event, its room, and its sections by number.
std::optional<event_histories> shard_claims::take_over_own(const domain::event_id& event, std::uint16_t sections) {
  auto rows = by_shard(store().shards(event));
  std::vector<persistence::owned_shard> all;
  auto add = [&](domain::shard_kind kind, domain::section_no section) {
    domain::shard_id shard{kind, event, section};
    all.push_back({shard, find(rows, shard).epoch});
  };
  add(domain::shard_kind::event, {});
  add(domain::shard_kind::waiting_room, {});
  for (std::uint16_t i = 0; i < sections; ++i)
    add(domain::shard_kind::section, domain::section_no{i});
  auto histories = reclaim(all);
  if (std::find(histories.begin(), histories.end(), std::nullopt) != histories.end())
    return std::nullopt;
  event_histories result{*std::move(histories[0]), {}, *std::move(histories[1])};
  for (auto history = histories.begin() + 2; history != histories.end(); ++history)
    result.sections.push_back(*std::move(*history));
  return result;
}

std::optional<persistence::shard_history> shard_claims::take_over_section(const domain::event_id& event,
                                                                          domain::section_no number) {
  const domain::shard_id shard{domain::shard_kind::section, event, number};
  if (!open_.coordination)
    return take(shard);
  const persistence::owned_shard seen{shard, find(by_shard(store().shards(event)), shard).epoch};
  return std::move(reclaim({&seen, 1}).front());
}

/// A claim that got no answer may have succeeded, then or only just now: the shard is then further than its actor
/// knows, but still this process's own, and is claimed once more.
std::vector<std::optional<persistence::shard_history>>
shard_claims::reclaim(std::span<const persistence::owned_shard> own) {
  std::vector<persistence::owned_shard> open{own.begin(), own.end()};
  std::unordered_map<domain::shard_id, domain::epoch> claimed;
  while (!open.empty()) {
    auto epochs = claim(open);
    std::vector<persistence::owned_shard> refused;
    for (std::size_t i = 0; i < open.size(); ++i)
      if (epochs[i])
        claimed.emplace(open[i].shard, *epochs[i]);
      else
        refused.push_back(open[i]);
    open = further_ahead(refused);
  }
  std::vector<persistence::owned_shard> taken;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (auto found = claimed.find(own[i].shard); found != claimed.end()) {
      taken.push_back({own[i].shard, found->second});
      places.push_back(i);
    }
  std::vector<std::optional<persistence::shard_history>> result(own.size());
  auto histories = read_histories(taken);
  for (std::size_t i = 0; i < histories.size(); ++i)
    result[places[i]] = std::move(histories[i]);
  return result;
}

std::vector<std::optional<persistence::shard_history>>
shard_claims::read_histories(std::span<const persistence::owned_shard> own) {
  if (failpoint::fails("claim.before-history"))
    throw persistence::store_unavailable{"a failpoint, between a claim and its history"};
  return store().histories(own);
}

/// Those of the shards that are this process's own at a later epoch, and at which.
std::vector<persistence::owned_shard> shard_claims::further_ahead(std::span<const persistence::owned_shard> seen) {
  std::unordered_map<domain::event_id, shard_rows> rows;
  std::vector<persistence::owned_shard> result;
  for (const auto& one : seen) {
    auto [of_event, is_new] = rows.try_emplace(one.shard.event);
    if (is_new)
      of_event->second = by_shard(store().shards(one.shard.event));
    auto row = of_event->second.find(one.shard);
    if (row != of_event->second.end() && is_own(row->second) && row->second.epoch > one.epoch)
      result.push_back({one.shard, row->second.epoch});
  }
  return result;
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
  return std::move(read_histories({&taken, 1}).front());
}

} // namespace usher::cluster
