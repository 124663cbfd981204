#pragma once

#include "actors/best_requests.hpp"
#include "actors/event_common.hpp"
#include "actors/hold_protocol.hpp"
#include "actors/search_hints.hpp"

#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

namespace usher::actors {

/// The event's part in holds: decides how each is carried out, and carries the messages of the event's side of the
/// protocol (`hold_protocol`). A hold in one section is only passed on, and its answer bypasses the event; those over
/// several sections and those anywhere in the hall are answered from here.
class event_holds final : private hold_port {
public:
  event_holds(event_common& core, std::size_t requests_max, std::chrono::milliseconds retry);

  caf::result<messages::hold_granted> hold(messages::hold_seats& wish);
  caf::result<void> release(messages::release_hold& wish);
  caf::result<messages::hold_granted> find(messages::find_hold& wish);

  /// The sections to ask about a hold, given the sections in its public name. If the hold is unknown, asking one
  /// section is enough. Empty if the name lists sections that this hold does not have.
  [[nodiscard]] std::optional<std::vector<section_address>>
  places_of(domain::hold_id hold, const std::vector<domain::section_no>& named) const;

  /// A hold that counts for its buyer.
  struct counted_hold {
    domain::hold_id hold;
    std::vector<domain::section_no> sections; ///< where its parts are
    bool is_served = false;                   ///< somebody serves all of these, as far as is known
  };
  /// All that count for a buyer, by id.
  [[nodiscard]] std::vector<counted_hold> counted_for(const domain::buyer_id& buyer) const;
  /// The sections that have not said yet what they hold and have sold, in order.
  [[nodiscard]] std::vector<domain::section_no> silent_sections() const { return protocol_.silent_sections(); }

  /// Asks every section what it holds and has sold, once the sections are known. Until all have answered, holds are
  /// `overloaded`.
  void meet_sections();
  /// A section serves anew: it is asked what it holds and has sold, unless whoever serves it now will answer a question
  /// that was put before.
  void opened(const messages::section_opened& news);
  /// Nobody serves a section: no wish is passed on to it until somebody does.
  void closed(domain::section_no section);
  /// What was sent to or by the sections may be lost: asks them what they hold.
  void lost_touch();
  /// Notes a section's news that a hold no longer counts there.
  void give_back(const messages::allowance_back& news);
  /// Whether the hold is known to be in more than this many sections.
  [[nodiscard]] bool has_more_parts(domain::hold_id hold, std::size_t sections) const {
    const auto* known = protocol_.find(hold);
    return known && known->parts.size() > sections;
  }

  // ---- orders: see `event_side` ----

  void note_owned(const domain::order_started& order) { protocol_.note_owned(order); }
  void forget(domain::hold_id hold) { protocol_.forget(hold); }
  void payment_ended(domain::hold_id hold) { protocol_.payment_ended(hold); }
  void count_payments_again() { protocol_.count_payments_again(); }

  // ---- totals ----

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
  [[nodiscard]] bool under_way() const noexcept { return protocol_.open() > 0; }

private:
  using promise = caf::typed_response_promise<messages::hold_granted>;

  [[nodiscard]] std::optional<domain::refusal> obstacle(const messages::hold_seats& wish) const;
  /// Whether the event has all sections that a wish names, each named once.
  [[nodiscard]] bool has_sections_of(const std::vector<messages::section_wish>& wanted) const;
  caf::result<messages::hold_granted> show_again(const messages::hold_seats& wish, domain::refusal closed);
  caf::result<messages::hold_granted> hold_in_one(messages::hold_seats& wish, domain::section_no section,
                                                  domain::wish wanted, std::uint32_t quantity);
  caf::result<messages::hold_granted> hold_openly(const messages::hold_seats& wish);
  void take_claims(std::uint64_t question, const messages::section_claims& all);

  // The event's side wants this.
  void ask_to_hold(domain::section_no section, messages::hold_in_section wish) override;
  void ask_to_release(domain::section_no section, const messages::release_hold& wish,
                      std::chrono::milliseconds wait) override;
  void ask_for_claims(domain::section_no section, std::uint64_t question) override;
  void wait_for_claims(domain::section_no section, std::uint64_t question) override;
  void answer(domain::hold_id hold, std::variant<messages::hold_granted, domain::refusal> what) override;
  void search_on(domain::hold_id hold, const domain::refusal& why) override { searches_.search_on(hold, why); }
  void request_over() override { core_.request_over(); }

  /// A section that does not say what it holds is asked again, less and less often.
  static constexpr std::chrono::milliseconds longest_claim_wait{5'000};

  event_common& core_;
  const std::size_t requests_max_;
  const std::chrono::milliseconds retry_;

  event_side protocol_;
  search_hints places_;
  best_requests searches_;
  std::unordered_map<domain::hold_id, promise> asked_;                  ///< by those who wait for an answer from here
  std::map<domain::section_no, domain::instant> closed_at_;             ///< those that nobody serves, and some others
  std::map<domain::section_no, std::chrono::milliseconds> claim_waits_; ///< the next one, of those that do not answer
};

} // namespace usher::actors
