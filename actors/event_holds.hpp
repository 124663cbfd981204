#pragma once

#include "actors/best_search.hpp"
#include "actors/event_core.hpp"
#include "actors/spread_hold.hpp"
#include "domain/allowances.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace usher::actors {

/// The event's part in holds: each buyer's allowance, holds over several sections, and the best places of
/// the whole hall. A hold in one section is only passed on: its answer goes past the event.
class event_holds {
public:
  event_holds(event_core& core, std::size_t most_requests, std::chrono::milliseconds retry);

  caf::result<messages::hold_granted> hold(messages::hold_seats& wish);
  caf::result<void> release(messages::release_hold& wish);
  caf::result<messages::hold_granted> find(messages::find_hold& wish);

  /// Asks every section what is held and owned. Until all have answered, holds are `overloaded`.
  void gather_claims();
  /// A section says that a hold does not count there any more.
  void give_back(const messages::allowance_back& news);
  /// A section has more free seats than it had.
  void seats_freed(domain::section_no section);
  /// Takes the sections' present totals for the choice of where to look.
  void note_totals(domain::section_no section, const domain::section_totals& totals);
  /// The seats of an order are its buyer's, even if the hold was gone meanwhile.
  void note_owned(const domain::order_started& order);
  /// Nothing of a hold is held or owned any more.
  void forget(domain::hold_id hold);

  [[nodiscard]] const std::vector<domain::section_totals>& totals() const noexcept { return totals_; }
  /// Every section has said how it stands.
  [[nodiscard]] bool all_totals_known() const noexcept { return known_totals_ == totals_.size() && known_totals_ > 0; }
  /// The sections and the room have been told: there are so many.
  void expect_sections(std::size_t count);

private:
  using answer = caf::typed_response_promise<messages::hold_granted>;

  /// Whose a hold is, and how many seats it has where.
  struct known_hold {
    domain::buyer_id buyer;
    std::vector<std::pair<domain::section_no, std::uint32_t>> parts;
  };
  struct spread_under_way {
    spread_hold parts;
    messages::release_hold undo; ///< how to release it
    answer asked;
    bool repeated = false;                                 ///< it was known before this request
    std::optional<domain::refusal> refused = std::nullopt; ///< its answer; the rest is only being undone
    std::size_t undoing = 0;                               ///< how many parts are
  };
  struct search_under_way {
    best_search search;
    messages::hold_seats wish;
    answer asked;
    best_search::attempt last; ///< what was tried last
  };
  /// Section, category (or none) and quantity.
  using togetherness_wish = std::tuple<domain::section_no, std::optional<domain::category_no>, std::uint32_t>;

  [[nodiscard]] std::optional<domain::refusal> obstacle(const messages::hold_seats& wish) const;
  [[nodiscard]] std::optional<domain::refusal> take_allowance(const messages::hold_seats& wish, std::uint32_t quantity);

  caf::result<messages::hold_granted> hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                  domain::wish wanted, std::uint32_t quantity);

  // over several sections
  caf::result<messages::hold_granted> hold_in_several(messages::hold_seats& wish);
  [[nodiscard]] std::optional<domain::refusal> add_parts(domain::hold_id hold, const known_hold& wanted);
  void spread_granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part);
  void spread_refused(domain::hold_id hold, domain::section_no section, domain::refusal why);
  void finish_spread(domain::hold_id hold);
  void undo_part(const messages::release_hold& undo, domain::section_no section, unsigned tries_left);
  void part_undone(domain::hold_id hold, domain::section_no section, bool released);

  // anywhere in the hall
  caf::result<messages::hold_granted> hold_best(messages::hold_seats& wish);
  [[nodiscard]] std::vector<domain::section_no> sections_with(std::optional<domain::category_no> category) const;
  void search_on(domain::hold_id hold);
  void search_granted(domain::hold_id hold, const messages::hold_granted& found);
  void search_refused(domain::hold_id hold, const domain::refusal& why);
  void give_up_search(domain::hold_id hold, domain::refusal why);

  void take_claims(const messages::section_claims& claims);
  void ask_claims(domain::section_no section);
  void forget_part(domain::hold_id hold, domain::section_no section);
  void count_again(domain::hold_id hold);

  event_core& core_;
  const std::size_t most_requests_;
  const std::chrono::milliseconds retry_;

  domain::allowances allowances_;
  boost::unordered_flat_map<domain::hold_id, known_hold, std::hash<domain::hold_id>> known_;
  std::vector<domain::section_totals> totals_;
  std::vector<bool> totals_seen_;
  std::size_t known_totals_ = 0;
  std::size_t claims_missing_ = 0;
  bool ready_ = false;

  std::unordered_map<domain::hold_id, spread_under_way> spreads_;
  std::unordered_map<domain::hold_id, search_under_way> searches_;
  /// What a section could not give side by side, until it frees seats.
  std::set<togetherness_wish> not_together_;
};

} // namespace usher::actors
