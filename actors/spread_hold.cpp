#include "actors/spread_hold.hpp"

#include "actors/answer_count.hpp"
#include "actors/hold_parts.hpp"
#include "domain/ensure.hpp"

#include <algorithm>
#include <utility>

namespace usher::actors {

spread_hold::spread_hold(std::vector<domain::section_no> asked) : asked_(std::move(asked)) {
  domain::ensure(!asked_.empty(), "a hold asks at least one section");
}

void spread_hold::granted(domain::section_no section, const messages::hold_granted& part) {
  domain::ensure(!complete(), "each section answers once");
  ++answers_;
  to_release_.push_back(section);
  if (whole_)
    add_part(*whole_, part);
  else
    whole_ = part;
}

void spread_hold::refused(domain::section_no section, domain::refusal why) {
  domain::ensure(!complete(), "each section answers once");
  ++answers_;
  // Then it is unknown whether anything is held.
  if (domain::is_passing(why.reason))
    to_release_.push_back(section);
  if (refusal_)
    return;
  refusal_ = std::move(why);
  if (!refusal_->seats.empty() || !refusal_->suggestion.empty())
    refusal_->section = section;
}

const messages::hold_granted& spread_hold::answer() const {
  domain::ensure(complete() && !refusal_ && whole_, "only a hold that all sections granted is granted");
  return *whole_;
}

} // namespace usher::actors
