#include "actors/spread_hold.hpp"

#include "actors/answer_count.hpp"
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
  if (!sum_) {
    sum_ = part;
    return;
  }
  sum_->sections.insert(sum_->sections.end(), part.sections.begin(), part.sections.end());
  // After a restart in the middle of a hold its parts may differ; what is promised is the shortest.
  sum_->until = std::min(sum_->until, part.until);
  sum_->now = std::max(sum_->now, part.now);
}

void spread_hold::refused(domain::section_no section, domain::refusal why) {
  domain::ensure(!complete(), "each section answers once");
  ++answers_;
  // Whether anything is held is then unknown.
  if (domain::is_passing(why.reason))
    to_release_.push_back(section);
  if (refusal_)
    return;
  refusal_ = std::move(why);
  if (!refusal_->seats.empty() || !refusal_->suggestion.empty())
    refusal_->section = section;
}

messages::hold_granted spread_hold::answer() const {
  domain::ensure(complete() && !refusal_ && sum_, "only a hold that all sections granted is granted");
  auto whole = *sum_;
  std::sort(whole.sections.begin(), whole.sections.end(),
            [](const auto& a, const auto& b) { return a.section < b.section; });
  return whole;
}

} // namespace usher::actors
