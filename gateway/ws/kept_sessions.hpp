#pragma once

#include "codec/public_names.hpp"
#include "domain/bounded_by_end.hpp"
#include "domain/ids.hpp"
#include "gateway/moment.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
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
  /// What the session `heir` goes on with, and who was about to do so before.
  struct inheritance {
    kept_session what;
    std::string former_heir; ///< empty if there was none
  };
  /// A session, if it is here and this buyer's, for the session `heir`. It stays until the heir's client shows by
  /// another frame that it goes on (`use_up`): it may lose its connection before it has heard the heir's name, and then
  /// it comes with this session's name again. There is one heir at a time.
  [[nodiscard]] std::optional<inheritance> inherit(const std::string& session, const domain::buyer_id& buyer,
                                                   const std::string& heir);
  /// Forgets a session, if that is its heir.
  void use_up(const std::string& session, const std::string& heir);
  void sweep(moment now);

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }

private:
  struct entry {
    kept_session what;
    std::string heir;
  };

  std::chrono::seconds grace_;
  domain::bounded_by_end<std::string, entry, moment> sessions_;
};

} // namespace usher::gateway
