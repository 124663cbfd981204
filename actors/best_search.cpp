#include "actors/best_search.hpp"

namespace usher::actors {

best_search::best_search(const sections_in_question& sections, const domain::best_wish& wanted) {
  using domain::seat_grade;
  using domain::togetherness;
  auto try_all = [this](const std::vector<domain::section_no>& where, togetherness fit, seat_grade worst) {
    for (auto section : where)
      attempts_.push_back({section, fit, worst});
  };
  // A single place is always together.
  auto may_part = wanted.quantity <= 1 || wanted.fit == togetherness::anyhow;
  if (wanted.quantity > 1) {
    try_all(sections.all, togetherness::together, seat_grade::plain);
    try_all(sections.with_restricted, togetherness::together, seat_grade::restricted);
  }
  if (may_part) {
    try_all(sections.all, togetherness::anyhow, wanted.quantity > 1 ? seat_grade::restricted : seat_grade::plain);
    if (wanted.quantity <= 1)
      try_all(sections.with_restricted, togetherness::anyhow, seat_grade::restricted);
  }
  if (wanted.quantity > 1)
    try_all(sections.with_wheelchair, togetherness::together, seat_grade::wheelchair);
  if (may_part)
    try_all(sections.with_wheelchair, togetherness::anyhow, seat_grade::wheelchair);
}

} // namespace usher::actors
