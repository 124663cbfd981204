#pragma once

#include "actors/counted_holds.hpp"
#include "actors/event_common.hpp"
#include "actors/hold_undoing.hpp"
#include "actors/spread_hold.hpp"

#include <cstddef>
#include <unordered_map>

namespace usher::actors {

/// The open requests for holds over several sections: each asks all its sections at once, and undoes what some have
/// granted when another has refused.
class spread_requests {
public:
  spread_requests(event_common& core, counted_holds& known, hold_undoing& undoing);

  /// Requires that no request for this hold is under way.
  caf::result<messages::hold_granted> begin(messages::hold_seats& wish);

  [[nodiscard]] bool contains(domain::hold_id hold) const { return under_way_.contains(hold); }
  [[nodiscard]] std::size_t size() const noexcept { return under_way_.size(); }

private:
  struct spread_under_way {
    spread_hold parts;
    messages::release_hold undo; ///< how to release it
    caf::typed_response_promise<messages::hold_granted> asked;
    bool repeated = false; ///< the hold was known before this request
    domain::instant until; ///< when its parts run out
  };

  void granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part);
  void refused(domain::hold_id hold, domain::section_no section, domain::refusal why);
  void finish(domain::hold_id hold);

  event_common& core_;
  counted_holds& known_;
  hold_undoing& undoing_;
  std::unordered_map<domain::hold_id, spread_under_way> under_way_;
};

} // namespace usher::actors
