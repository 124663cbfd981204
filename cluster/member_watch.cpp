#include "cluster/member_watch.hpp"

#include <utility>

namespace usher::cluster {

/// A beat that is first seen in this answer may have been counted at any time before it, and one that is still there
/// was not followed by another one before the question. So it has stood still from that answer to this question.
void member_watch::note(const membership& all, tick asked, tick answered) {
  std::map<incarnation, seen_beat> seen;
  auto starts_over = is_after_gap(asked);
  for (const auto& one : all.members) {
    auto before = seen_.find(one.number);
    auto stands = !starts_over && before != seen_.end() && before->second.beat == one.beat;
    seen.emplace(one.number, seen_beat{one.beat, stands ? before->second.since : answered});
  }
  seen_ = std::move(seen);
  asked_ = asked;
  answered_ = answered;
}

std::vector<member_watch::silent_member> member_watch::silent(tick now) const {
  std::vector<silent_member> result;
  if (is_after_gap(now))
    return result;
  for (const auto& [number, seen] : seen_)
    if (*asked_ - seen.since >= limits_.silence)
      result.push_back({number, seen.beat});
  return result;
}

std::optional<tick::duration> member_watch::still(incarnation number) const {
  auto found = seen_.find(number);
  if (found == seen_.end() || *asked_ < found->second.since)
    return std::nullopt;
  return *asked_ - found->second.since;
}

} // namespace usher::cluster
