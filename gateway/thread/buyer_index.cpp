#include "gateway/thread/buyer_index.hpp"

#include "codec/encode.hpp"

#include <algorithm>
#include <utility>

namespace usher::gateway {

void buyer_index::enter(const domain::buyer_id& buyer, connected_session& session) {
  buyers_[buyer].sessions.push_back(&session);
}

void buyer_index::leave(const domain::buyer_id& buyer, connected_session& session) {
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return;
  std::erase(place->second.sessions, &session);
  if (place->second.sessions.empty())
    buyers_.erase(place);
}

std::vector<connected_session*> buyer_index::sessions_of(const domain::buyer_id& buyer) const {
  auto place = buyers_.find(buyer);
  return place == buyers_.end() ? std::vector<connected_session*>{} : place->second.sessions;
}

void buyer_index::for_each_session(const std::function<void(connected_session&)>& visit) const {
  for (const auto& [buyer, present] : buyers_)
    for (auto* session : present.sessions)
      visit(*session);
}

void buyer_index::note_hold(const domain::buyer_id& buyer, const messages::hold_granted& hold) {
  if (hold.sections.size() > 1)
    note_hold(buyer, codec::name_of(hold));
}

void buyer_index::note_hold(const domain::buyer_id& buyer, const codec::hold_name& name) {
  if (auto place = buyers_.find(buyer); place != buyers_.end())
    place->second.note(name);
}

std::vector<codec::hold_name> buyer_index::holds_of(const domain::buyer_id& buyer) const {
  std::vector<codec::hold_name> names;
  if (auto place = buyers_.find(buyer); place != buyers_.end())
    for (const auto& hold : place->second.holds)
      if (!hold.told)
        names.push_back(hold.name);
  return names;
}

std::optional<codec::hold_name> buyer_index::expire_hold(const domain::buyer_id& buyer, const codec::hold_name& part) {
  auto place = buyers_.find(buyer);
  if (place == buyers_.end())
    return std::nullopt;
  auto& hold = place->second.note(part);
  if (std::exchange(hold.told, true))
    return std::nullopt;
  return hold.name;
}

buyer_index::noted_hold& buyer_index::presence::note(const codec::hold_name& name) {
  auto known = std::find(ids.begin(), ids.end(), name.hold);
  if (known != ids.end())
    return holds[static_cast<std::size_t>(known - ids.begin())];
  if (holds.size() < holds_kept) {
    ids.push_back(name.hold);
    holds.push_back({name, false});
    return holds.back();
  }
  auto at = std::exchange(oldest, (oldest + 1) % holds_kept);
  ids[at] = name.hold;
  return holds[at] = {name, false};
}

} // namespace usher::gateway
