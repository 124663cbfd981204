#pragma once

#include "codec/public_names.hpp"
#include "domain/ids.hpp"
#include "messages/hold.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::gateway {

class connected_session;

/// Which buyers are connected to one thread, with which sessions and which holds.
class buyer_index {
public:
  void enter(const domain::buyer_id& buyer, connected_session& session);
  void leave(const domain::buyer_id& buyer, connected_session& session);
  /// The sessions of a buyer; empty when not connected here.
  [[nodiscard]] std::vector<connected_session*> sessions_of(const domain::buyer_id& buyer) const;
  /// Calls `visit` with every session; it must not end any.
  void for_each_session(const std::function<void(connected_session&)>& visit) const;

  /// Remembers the name of a connected buyer's hold over several sections: when it expires each section says so, but it
  /// has one name. For a hold in one section there is nothing to remember. Each buyer's latest holds are kept.
  void note_hold(const domain::buyer_id& buyer, const messages::hold_granted& hold);
  void note_hold(const domain::buyer_id& buyer, const codec::hold_name& name);
  /// What was noted of a buyer's holds that have not expired.
  [[nodiscard]] std::vector<codec::hold_name> holds_of(const domain::buyer_id& buyer) const;
  /// The name of a hold that expired, once.
  [[nodiscard]] std::optional<codec::hold_name> expire_hold(const domain::buyer_id& buyer,
                                                            const codec::hold_name& part);

private:
  static constexpr std::size_t holds_kept = 32;

  struct noted_hold {
    codec::hold_name name;
    bool told = false;
  };
  struct presence {
    std::vector<connected_session*> sessions;
    std::vector<domain::hold_id> ids; ///< of `holds`, contiguous: each new hold is searched for among them
    std::vector<noted_hold> holds;    ///< a ring once it is full
    std::size_t oldest = 0;           ///< its index in a full ring

    /// The hold with this name; added if new.
    noted_hold& note(const codec::hold_name& name);
  };

  std::unordered_map<domain::buyer_id, presence> buyers_;
};

} // namespace usher::gateway
