#include "actors/hold_parts.hpp"

#include <algorithm>

namespace usher::actors {

void add_part(messages::hold_granted& whole, const messages::hold_granted& part) {
  whole.sections.insert(whole.sections.end(), part.sections.begin(), part.sections.end());
  std::sort(whole.sections.begin(), whole.sections.end(),
            [](const auto& a, const auto& b) { return a.section < b.section; });
  whole.until = std::min(whole.until, part.until);
  whole.now = std::max(whole.now, part.now);
}

} // namespace usher::actors
