#include "gateway/buyer_index.hpp"

#include <algorithm>

namespace usher::gateway {

void buyer_index::enter(const domain::buyer_id& buyer, buyer_session& session) {
  buyers_[buyer].sessions.push_back(&session);
}

void buyer_index::leave(const domain::buyer_id& buyer, buyer_session& session) {
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return;
  std::erase(place->second.sessions, &session);
  if (place->second.sessions.empty())
    buyers_.erase(place);
}

std::vector<buyer_session*> buyer_index::sessions_of(const domain::buyer_id& buyer) const {
  auto place = buyers_.find(buyer);
  return place == buyers_.end() ? std::vector<buyer_session*>{} : place->second.sessions;
}

void buyer_index::note_hold(const domain::buyer_id& buyer, const hold_name& name) {
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return;
  auto& [sessions, ids, holds, oldest] = place->second;
  if (std::find(ids.begin(), ids.end(), name.hold) != ids.end())
    return;
  if (holds.size() < holds_kept) {
    ids.push_back(name.hold);
    holds.push_back({name, false});
    return;
  }
  ids[oldest] = name.hold;
  holds[oldest] = {name, false};
  oldest = (oldest + 1) % holds_kept;
}

std::optional<hold_name> buyer_index::expire_hold(const domain::buyer_id& buyer, const hold_name& part) {
  note_hold(buyer, part);
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return std::nullopt;
  const auto& ids = place->second.ids;
  auto index = static_cast<std::size_t>(std::find(ids.begin(), ids.end(), part.hold) - ids.begin());
  auto& one = place->second.holds[index];
  if (std::exchange(one.told, true))
    return std::nullopt;
  return one.name;
}

} // namespace usher::gateway
