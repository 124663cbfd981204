#pragma once

#include "actors/best_search.hpp"
#include "actors/event_common.hpp"
#include "actors/hold_protocol.hpp"
#include "actors/search_hints.hpp"

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::actors {

/// The open requests for the best places anywhere in the hall: says which section each asks next.
class best_requests {
public:
  best_requests(event_common& core, event_side& holds, search_hints& places);

  /// Returns why not, if it cannot. Requires that no request for this hold is under way.
  [[nodiscard]] std::optional<domain::refusal> begin(const messages::hold_seats& wish, const domain::best_wish& wanted);
  /// The section that was asked last has no such places.
  void search_on(domain::hold_id hold, const domain::refusal& why);
  /// The request was answered.
  void forget(domain::hold_id hold) { under_way_.erase(hold); }

private:
  struct search_under_way {
    best_search search;
    domain::best_wish wanted;
    messages::hold_in_section wish{};
    best_search::attempt last{}; ///< what was tried last
  };

  [[nodiscard]] const best_search::sections_in_question& sections_with(std::optional<domain::category_no> category);
  void search_in_next(domain::hold_id hold, search_under_way& under_way);

  event_common& core_;
  event_side& holds_;
  search_hints& places_;
  std::unordered_map<domain::hold_id, search_under_way> under_way_;
  /// Looked up once for each category: it takes a look at every seat.
  std::map<std::optional<domain::category_no>, best_search::sections_in_question> sections_with_;
};

} // namespace usher::actors
