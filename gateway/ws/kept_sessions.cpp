#include "gateway/ws/kept_sessions.hpp"

namespace usher::gateway {

kept_sessions::kept_sessions(std::size_t sessions_max, std::chrono::seconds grace)
    : grace_(grace), sessions_(sessions_max) {}

void kept_sessions::keep(const std::string& session, kept_session what, moment now) {
  sessions_.put(session, now + grace_, {std::move(what), {}});
}

std::optional<kept_sessions::inheritance>
kept_sessions::inherit(const std::string& session, const domain::buyer_id& buyer, const std::string& heir) {
  const auto* kept = sessions_.find(session);
  if (kept == nullptr || kept->value.what.buyer != buyer)
    return std::nullopt;
  return inheritance{kept->value.what, std::exchange(kept->value.heir, heir)};
}

void kept_sessions::use_up(const std::string& session, const std::string& heir) {
  if (const auto* kept = sessions_.find(session); kept != nullptr && kept->value.heir == heir)
    sessions_.erase(session);
}

void kept_sessions::sweep(moment now) {
  sessions_.take_ended(now);
}

} // namespace usher::gateway
