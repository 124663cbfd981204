#pragma once

#include "actors/counted_holds.hpp"
#include "actors/event_common.hpp"
#include "actors/spread_hold.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace usher::actors {

/// The open requests for holds over several sections: each asks all its sections at once, and undoes what some have
/// granted when another has refused.
class spread_requests {
public:
  /// `retry` is the time between attempts to undo.
  spread_requests(event_common& core, counted_holds& known, std::chrono::milliseconds retry);

  /// Requires that no request for this hold is under way.
  caf::result<messages::hold_granted> begin(messages::hold_seats& wish);

  [[nodiscard]] bool contains(domain::hold_id hold) const { return under_way_.contains(hold); }
  /// Why a request was refused whose parts are still being undone; none for any other.
  [[nodiscard]] std::optional<domain::refusal> refusal_of(domain::hold_id hold) const;
  [[nodiscard]] std::size_t size() const noexcept { return under_way_.size(); }

private:
  struct spread_under_way {
    spread_hold parts;
    messages::release_hold undo; ///< how to release it
    caf::typed_response_promise<messages::hold_granted> asked;
    bool repeated = false;                                 ///< the hold was known before this request
    std::optional<domain::refusal> refused = std::nullopt; ///< its answer; the rest is only being undone
    std::size_t undoing = 0;                               ///< how many parts are being undone
  };

  void granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part);
  void refused(domain::hold_id hold, domain::section_no section, domain::refusal why);
  void finish(domain::hold_id hold);
  void end(domain::hold_id hold);
  void undo_part(const messages::release_hold& undo, domain::section_no section, unsigned tries_left);
  void part_undone(domain::hold_id hold, domain::section_no section, bool released);

  event_common& core_;
  counted_holds& known_;
  const std::chrono::milliseconds retry_;
  std::unordered_map<domain::hold_id, spread_under_way> under_way_;
};

} // namespace usher::actors
