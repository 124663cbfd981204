#pragma once

#include "domain/section.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace usher::actors {

/// Looks for the best places of a whole hall, section by section.
///
/// First for places side by side, in the plan's order of sections; if no section has these, for any places. Everywhere
/// for plain seats first, then also for some with a restricted view; and when there are none anywhere, also for
/// wheelchair places and their companions' seats.
class best_search {
public:
  struct attempt {
    domain::section_no section;
    domain::togetherness fit = domain::togetherness::anyhow;
    domain::seat_grade worst = domain::seat_grade::wheelchair;
  };
  /// Those that could have such places, in the plan's order.
  struct sections_in_question {
    std::vector<domain::section_no> all{};
    std::vector<domain::section_no> with_restricted{}; ///< of these, the ones with a restricted view somewhere
    std::vector<domain::section_no> with_wheelchair{};
  };

  best_search(const sections_in_question& sections, const domain::best_wish& wanted);

  /// Where to ask next, if anything is left to try. `worth_trying(attempt)` says whether, as far as is known, a section
  /// may have such places.
  template <class Predicate>
  [[nodiscard]] std::optional<attempt> next(Predicate&& worth_trying) {
    for (; at_ < attempts_.size(); ++at_)
      if (worth_trying(attempts_[at_]))
        return attempts_[at_++];
    return std::nullopt;
  }

private:
  std::vector<attempt> attempts_;
  std::size_t at_ = 0;
};

} // namespace usher::actors
