#include "actors/best_search.hpp"

namespace usher::actors {

best_search::best_search(std::vector<domain::section_no> sections, const domain::best_wish& wanted) {
  using domain::togetherness;
  // A single place is always together.
  if (wanted.quantity > 1)
    for (auto section : sections)
      attempts_.push_back({section, togetherness::together});
  if (wanted.quantity <= 1 || wanted.fit == togetherness::anyhow)
    for (auto section : sections)
      attempts_.push_back({section, togetherness::anyhow});
}

} // namespace usher::actors
