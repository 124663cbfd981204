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
  auto& holds = place->second.holds;
  if (std::any_of(holds.begin(), holds.end(), [&](const noted_hold& one) { return one.name.hold == name.hold; }))
    return;
  holds.push_back({name, false});
  if (holds.size() > holds_kept)
    holds.pop_front();
}

std::optional<hold_name> buyer_index::expire_hold(const domain::buyer_id& buyer, const hold_name& part) {
  note_hold(buyer, part);
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return std::nullopt;
  for (auto& one : place->second.holds)
    if (one.name.hold == part.hold && !std::exchange(one.told, true))
      return one.name;
  return std::nullopt;
}

} // namespace usher::gateway
