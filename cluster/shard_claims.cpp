#include "cluster/shard_claims.hpp"

#include <algorithm>
#include <utility>

namespace usher::cluster {

namespace {

domain::epoch next(domain::epoch one) {
  return domain::epoch{one.value() + 1};
}

} // namespace

bool event_histories::seats_untouched() const {
  return std::all_of(sections.begin(), sections.end(), [](const auto& each) { return each.last.value() == 0; });
}

shard_claims::shard_claims(std::function<std::unique_ptr<persistence::booking_store>()> open, std::string owner)
    : open_(std::move(open)), owner_(std::move(owner)) {}

persistence::booking_store& shard_claims::store() {
  if (!store_)
    store_ = open_();
  return *store_;
}

event_histories shard_claims::take_over(const domain::event_id& event, std::uint16_t sections) {
  event_histories result;
  // The event first: while a takeover is under way, its old owner must not begin orders any more.
  result.event = take({domain::shard_kind::event, event, {}});
  result.sections.reserve(sections);
  for (std::uint16_t i = 0; i < sections; ++i)
    result.sections.push_back(take_over_section(event, domain::section_no{i}));
  result.room = take({domain::shard_kind::waiting_room, event, {}});
  return result;
}

persistence::shard_history shard_claims::take_over_section(const domain::event_id& event, domain::section_no number) {
  return take({domain::shard_kind::section, event, number});
}

std::optional<persistence::shard_history> shard_claims::reclaim(const domain::shard_id& shard, domain::epoch present) {
  auto& furthest = furthest_.try_emplace(shard, present).first->second;
  auto claim = [&](domain::epoch seen) {
    try {
      auto history = store().claim(shard, owner_, seen);
      if (history)
        furthest = history->epoch;
      return history;
    } catch (const persistence::store_unavailable&) {
      furthest = std::max(furthest, next(seen));
      throw;
    }
  };
  if (furthest <= present)
    return claim(present);
  // Of the last claim no answer came, here or to the shard: it succeeded, or it did not.
  auto history = claim(domain::epoch{furthest.value() - 1});
  return history ? history : claim(furthest);
}

std::optional<std::pair<domain::shard_id, domain::epoch>> shard_claims::lost(const domain::event_id& event) {
  for (auto& [shard, present] : store().epochs(event))
    if (auto own = furthest_.find(shard); own != furthest_.end() && present > own->second)
      return std::pair{shard, present};
  return std::nullopt;
}

persistence::shard_history shard_claims::take(const domain::shard_id& shard) {
  auto history = store().claim(shard, owner_, std::nullopt);
  if (!history)
    throw persistence::store_broken{"the store has no shard " + domain::to_string(shard)};
  furthest_.insert_or_assign(shard, history->epoch);
  return *std::move(history);
}

} // namespace usher::cluster
