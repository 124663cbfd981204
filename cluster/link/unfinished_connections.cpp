#include "cluster/link/unfinished_connections.hpp"

#include <algorithm>
#include <iterator>

namespace usher::cluster {

std::vector<unfinished_connections::connection> unfinished_connections::look(const std::vector<connection>& all,
                                                                             tick now) {
  std::erase_if(known_, [&all](const known& one) { return std::ranges::find(all, one.which) == all.end(); });
  for (const auto& one : all)
    if (!one.finished && std::ranges::find(known_, one, &known::which) == known_.end())
      known_.push_back({one, now});
  auto is_late = [&](const known& one) { return now - one.since >= patience_; };
  auto too_many = known_.size() - std::min(known_.size(), most_);
  auto gone = std::max(too_many, static_cast<std::size_t>(std::ranges::count_if(known_, is_late)));
  auto first_kept = known_.begin() + static_cast<std::ptrdiff_t>(gone); // they are in the order in which they came
  std::vector<connection> result;
  std::transform(known_.begin(), first_kept, std::back_inserter(result), [](const known& one) { return one.which; });
  known_.erase(known_.begin(), first_kept);
  return result;
}

} // namespace usher::cluster
