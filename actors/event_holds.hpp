#pragma once

#include "actors/best_requests.hpp"
#include "actors/counted_holds.hpp"
#include "actors/event_common.hpp"
#include "actors/hold_undoing.hpp"
#include "actors/search_hints.hpp"
#include "actors/spread_requests.hpp"
#include "domain/ended_holds.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::actors {

/// The event's part in holds: decides how each is carried out. A hold in one section is only passed on, and its answer
/// bypasses the event; those over several sections and those anywhere in the hall are tracked here.
class event_holds {
public:
  event_holds(event_common& core, std::size_t requests_max, std::chrono::milliseconds retry);

  caf::result<messages::hold_granted> hold(messages::hold_seats& wish);
  caf::result<void> release(messages::release_hold& wish);
  caf::result<messages::hold_granted> find(messages::find_hold& wish);

  /// The sections to ask about a hold, given the sections in its public name. If the hold is unknown, asking one
  /// section is enough. Empty if the name lists sections that this hold does not have.
  [[nodiscard]] std::optional<std::vector<messages::section_actor>>
  places_of(domain::hold_id hold, const std::vector<domain::section_no>& named) const;

  /// Asks every section what it holds and has sold, once the sections are known. Until all have answered, holds are
  /// `overloaded`.
  void meet_sections();
  /// A section was started. Asks it likewise, unless that has been done: then false. Holds elsewhere go on.
  bool opened(const messages::section_opened& news);
  /// Notes a section's news that a hold no longer counts there.
  void give_back(const messages::allowance_back& news);
  /// Counts an order's seats for its buyer, even if the hold had ended before.
  void note_owned(const domain::order_started& order);
  /// Whether the hold is known to be in more than this many sections.
  [[nodiscard]] bool has_more_parts(domain::hold_id hold, std::size_t sections) const {
    const auto* known = known_.find(hold);
    return known && known->parts.size() > sections;
  }
  /// Forgets a hold of which nothing is held or owned any more.
  void forget(domain::hold_id hold);
  /// Notes that no order pays for the hold any more: it counts only where it still is.
  void payment_ended(domain::hold_id hold);
  /// The same for every hold that no order pays for any more, e.g. because its order turned out not to be written.
  void count_payments_again();

  /// Notes that prices changed: seats that had no price may have one now.
  void offer_changed() { places_.offer_changed(); }
  /// Takes the sections' present totals for the choice of where to look.
  void note_totals(const messages::section_totals_changed& news) {
    places_.note_totals(news.section, news.totals, news.free_by_category);
  }
  [[nodiscard]] const std::vector<domain::section_totals>& totals() const noexcept { return places_.totals(); }
  /// Whether every section has reported its totals.
  [[nodiscard]] bool all_totals_known() const noexcept { return places_.all_totals_known(); }

  /// Whether any request for a hold is unanswered or being undone.
  [[nodiscard]] bool under_way() const noexcept { return spreads_.size() + searches_.size() + undoing_.size() > 0; }

private:
  [[nodiscard]] std::optional<domain::refusal> obstacle(const messages::hold_seats& wish) const;
  /// Whether the event has all sections that a wish names, each named once.
  [[nodiscard]] bool has_sections_of(const messages::hold_seats& wish) const;
  caf::result<messages::hold_granted> show_again(const messages::hold_seats& wish, domain::refusal closed);
  caf::result<messages::hold_granted> hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                  domain::wish wanted, std::uint32_t quantity);
  /// Whether every section has said at least once what it holds and has sold.
  [[nodiscard]] bool ready() const noexcept { return !opened_.empty() && known_sections_ == opened_.size(); }
  void ask_claims(domain::section_no section);
  void take_claims(const messages::section_claims& claims, messages::attempt upto);
  void note_end_while_paid_for(const messages::allowance_back& news);
  void count_orders_under_way();

  /// How many ended holds are remembered, for repeats of a search for the best places.
  static constexpr std::size_t ended_holds_max = 10'000;

  event_common& core_;
  const std::size_t requests_max_;
  const std::chrono::milliseconds retry_;

  counted_holds known_;
  search_hints places_;
  hold_undoing undoing_;
  spread_requests spreads_;
  best_requests searches_;
  domain::ended_holds ended_{ended_holds_max};
  /// Where holds have ended that are being paid for: if the money comes, their seats are sold if they are still free,
  /// so they count until then.
  std::unordered_map<domain::hold_id, std::vector<messages::allowance_back>> ended_while_paid_for_;
  /// What is known of a section's own start.
  struct opened_section {
    std::uint64_t question = 0;                  ///< the newest question for what it holds and has sold
    std::optional<messages::attempt> asked_at{}; ///< the newest attempt when that was put, until it is answered
    domain::epoch known_at{};                    ///< the section's epoch at its last answer
    bool is_known = false;                       ///< it has answered
  };
  std::vector<opened_section> opened_; ///< by number
  std::size_t known_sections_ = 0;
};

} // namespace usher::actors
