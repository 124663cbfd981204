#pragma once

#include "codec/public_names.hpp"
#include "domain/ids.hpp"
#include "gateway/moment.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::gateway {

/// What a lost connection was doing, so that the next one can continue.
struct kept_session {
  domain::buyer_id buyer;
  std::vector<std::pair<domain::event_id, domain::section_no>> watches;
  std::vector<std::pair<domain::event_id, domain::queue_number>> places; ///< in waiting rooms
  std::vector<codec::hold_name> holds;                                   ///< over several sections
  std::vector<codec::order_name> orders;                                 ///< under way
};

/// Sessions whose connection is gone, kept for a while. Bounded: the oldest goes first.
class kept_sessions {
public:
  kept_sessions(std::size_t sessions_max, std::chrono::seconds grace);

  void keep(const std::string& session, kept_session what, moment now);
  /// A session, if it is here and this buyer's. It stays until its time is up: the client may lose the next connection
  /// before it has heard the next session's name.
  [[nodiscard]] std::optional<kept_session> find(const std::string& session, const domain::buyer_id& buyer) const;
  void sweep(moment now);

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }

private:
  void forget_oldest();

  std::size_t sessions_max_;
  std::chrono::seconds grace_;
  std::unordered_map<std::string, kept_session> sessions_;
  std::deque<std::pair<moment, std::string>> by_age_;
};

} // namespace usher::gateway
