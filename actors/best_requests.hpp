#pragma once

#include "actors/best_search.hpp"
#include "actors/counted_holds.hpp"
#include "actors/event_common.hpp"
#include "actors/hold_undoing.hpp"
#include "actors/search_hints.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::actors {

/// The open requests for the best places anywhere in the hall: each asks section after section.
class best_requests {
public:
  best_requests(event_common& core, counted_holds& known, hold_undoing& undoing, search_hints& places);

  /// Requires that no request for this hold is under way.
  caf::result<messages::hold_granted> begin(messages::hold_seats& wish);

  [[nodiscard]] bool contains(domain::hold_id hold) const { return under_way_.contains(hold); }
  [[nodiscard]] std::size_t size() const noexcept { return under_way_.size(); }

private:
  struct search_under_way {
    best_search search;
    messages::hold_seats wish;
    caf::typed_response_promise<messages::hold_granted> asked;
    best_search::attempt last{}; ///< what was tried last
    domain::instant asked_at{};  ///< when that was
  };

  [[nodiscard]] const best_search::sections_in_question& sections_with(std::optional<domain::category_no> category);
  void search_on(domain::hold_id hold);
  void granted(domain::hold_id hold, const messages::hold_granted& found);
  void refused(domain::hold_id hold, const domain::refusal& why);
  void give_up(domain::hold_id hold, const domain::refusal& why);
  void undo(domain::hold_id hold, const domain::refusal& why);

  event_common& core_;
  counted_holds& known_;
  hold_undoing& undoing_;
  search_hints& places_;
  std::unordered_map<domain::hold_id, search_under_way> under_way_;
  /// Looked up once for each category: it takes a look at every seat.
  std::map<std::optional<domain::category_no>, best_search::sections_in_question> sections_with_;
};

} // namespace usher::actors
