#include "actors/hold_protocol.hpp"

#include <algorithm>

namespace usher::actors {

using domain::rejection;

section_side::section_side(const domain::section& section, domain::epoch event_epoch)
    : section_(section), latest_event_(event_epoch) {}

section_side::news section_side::refused(domain::hold_id hold, messages::attempt attempt, rejection why) const {
  if (counts_here(hold, why))
    return std::nullopt;
  return messages::allowance_back{section_.number(), hold, attempt};
}

bool section_side::counts_here(domain::hold_id hold, rejection why) const {
  return section_.find(hold) || (why == rejection::hold_expired && section_.sold(hold));
}

bool section_side::is_over(const end_of_hold& end) const {
  return end.why != domain::hold_end::unacknowledged || !section_.find(end.hold);
}

bool section_side::doubts_end_of(domain::hold_id hold) const {
  return std::any_of(doubted_ends_.begin(), doubted_ends_.end(), [hold](const auto& end) { return end.hold == hold; });
}

std::vector<end_of_hold> section_side::take_ends_after_all() {
  auto ends = std::exchange(doubted_ends_, {});
  std::erase_if(ends, [this](const end_of_hold& end) { return section_.find(end.hold) != nullptr; });
  return ends;
}

section_side::outcome section_side::outcome_of(const section_once_durable& asked) const {
  auto is_here = section_.find(asked.hold) != nullptr;
  if (asked.reply == section_once_durable::answer::done) // of a release
    return is_here ? outcome::not_written : outcome::let_go;
  if (is_here)
    return outcome::held;
  if (section_.sold(asked.hold) || section_.ended(asked.hold))
    return outcome::over;
  return outcome::not_written;
}

section_side::news section_side::after(const section_once_durable& asked, outcome what) const {
  if (what != outcome::not_written || asked.reply == section_once_durable::answer::done)
    return std::nullopt;
  return messages::allowance_back{section_.number(), asked.hold, asked.attempt};
}

} // namespace usher::actors
