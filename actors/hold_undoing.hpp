#pragma once

#include "actors/counted_holds.hpp"
#include "actors/event_common.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::actors {

/// The holds that are refused as a whole but may be held in part: each such section is asked to let go, until it does
/// or the part's own time is over. Nobody was promised it, so its buyer may ask for the same hold again.
class hold_undoing {
public:
  /// `retry` is the time before a section is asked again; it doubles each time.
  hold_undoing(event_common& core, counted_holds& known, std::chrono::milliseconds retry);

  /// Undoes what `sections`, at least one, may hold. `why` is how the hold was refused; `until` is when its parts run
  /// out. Requires that the hold is not being undone.
  void begin(const messages::release_hold& undo, const std::vector<domain::section_no>& sections, domain::refusal why,
             domain::instant until);

  [[nodiscard]] bool contains(domain::hold_id hold) const { return under_way_.contains(hold); }
  /// How a hold that is being undone was refused; none for any other. Whoever asks for it again hears the same, or, if
  /// that was not known, that it is still being worked on.
  [[nodiscard]] std::optional<domain::refusal> refusal_of(domain::hold_id hold) const;
  [[nodiscard]] std::size_t size() const noexcept { return under_way_.size(); }

private:
  struct being_undone {
    domain::refusal why;
    domain::instant until;
    std::size_t parts = 0;
  };

  void undo_part(const messages::release_hold& undo, std::chrono::milliseconds wait);
  void not_undone(const messages::release_hold& undo, std::chrono::milliseconds wait, const domain::refusal& why);
  void part_undone(domain::hold_id hold, domain::section_no section);

  event_common& core_;
  counted_holds& known_;
  const std::chrono::milliseconds retry_;
  std::unordered_map<domain::hold_id, being_undone> under_way_;
};

} // namespace usher::actors
