#include "gateway/ws/kept_sessions.hpp"

namespace usher::gateway {

kept_sessions::kept_sessions(std::size_t sessions_max, std::chrono::seconds grace)
    : sessions_max_(sessions_max), grace_(grace) {}

void kept_sessions::keep(const std::string& session, kept_session what, moment now) {
  while (by_age_.size() >= sessions_max_ && !by_age_.empty())
    forget_oldest();
  if (sessions_max_ == 0)
    return;
  sessions_[session] = {std::move(what), {}};
  by_age_.emplace_back(now + grace_, session);
}

std::optional<kept_sessions::inheritance>
kept_sessions::inherit(const std::string& session, const domain::buyer_id& buyer, const std::string& heir) {
  auto place = sessions_.find(session);
  if (place == sessions_.end() || place->second.what.buyer != buyer)
    return std::nullopt;
  return inheritance{place->second.what, std::exchange(place->second.heir, heir)};
}

void kept_sessions::use_up(const std::string& session, const std::string& heir) {
  if (auto place = sessions_.find(session); place != sessions_.end() && place->second.heir == heir)
    sessions_.erase(place);
}

void kept_sessions::sweep(moment now) {
  while (!by_age_.empty() && by_age_.front().first <= now)
    forget_oldest();
}

void kept_sessions::forget_oldest() {
  sessions_.erase(by_age_.front().second);
  by_age_.pop_front();
}

} // namespace usher::gateway
