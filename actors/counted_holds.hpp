#pragma once

#include "actors/shared_epoch.hpp"
#include "domain/allowances.hpp"
#include "domain/event.hpp"
#include "domain/order.hpp"
#include "messages/type_ids.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

namespace usher::actors {

/// A hold's seats in one section.
struct known_part {
  domain::section_no section;
  std::uint32_t seats = 0;
  messages::attempt last{}; ///< newest attempt to have the section hold it; the event may not see the answer
};

/// Whose a hold is, and how many seats it has where.
struct known_hold {
  domain::buyer_id buyer;
  std::vector<known_part> parts;
  std::uint64_t wish_digest = 0; ///< of the wish that led to it; 0: no longer known

  [[nodiscard]] bool has_part_in(domain::section_no section) const;
};

/// How many seats a wish takes from its buyer's allowance.
[[nodiscard]] std::uint32_t quantity_of(const domain::wish& wanted);

/// The holds and orders of an event that count against allowances: what each buyer may still have follows from them.
class counted_holds {
public:
  /// `event` says how many seats a buyer may have, and must outlive this object; `as_of` is its epoch.
  counted_holds(const domain::event& event, shared_epoch as_of);

  /// Takes the seats of a wish from its buyer's allowance; the refusal, if they are too many.
  [[nodiscard]] std::optional<domain::refusal> take_allowance(const messages::hold_seats& wish, std::uint32_t quantity);
  /// Gives back the allowance of a hold that no section has.
  void give_allowance_back(domain::hold_id hold);

  /// The hold with this id, or null.
  [[nodiscard]] const known_hold* find(domain::hold_id hold) const;
  /// Why this wish cannot repeat the hold that is known by its id, if any: a key is for one wish of one buyer.
  [[nodiscard]] std::optional<domain::refusal> refusal_of_another(const messages::hold_seats& wish) const;
  /// The attempt to give to a wish that is passed on now. It is greater than all before.
  [[nodiscard]] messages::attempt next_attempt();
  /// The same for a known hold, which notes it for its part in this section, or in all.
  messages::attempt next_attempt(domain::hold_id hold, std::optional<domain::section_no> section = {});
  /// The newest attempt so far.
  [[nodiscard]] messages::attempt last_attempt() const { return {as_of_.get(), attempts_}; }
  /// Remembers a hold for which the allowance was taken. False when it was known before: then nothing changes.
  bool add(domain::hold_id hold, known_hold wanted);
  /// A known hold may be missing from sections that its repeat names, e.g. when the event's node died before it was
  /// held everywhere: the missing parts count from now on. Returns the refusal, if they are too many.
  [[nodiscard]] std::optional<domain::refusal> add_parts(domain::hold_id hold, const known_hold& wanted);
  /// Replaces what is known of the hold's seats in one section.
  void add_claim(domain::hold_id hold, const domain::buyer_id& buyer, domain::section_no section, std::uint32_t seats);

  /// Takes a section's word for what it holds and has sold. Parts there that it does not claim are forgotten, but for
  /// those that it was asked for after the attempt `upto`, when the question was put. The ones that are being paid for
  /// are not forgotten but returned: whether they count is for the event to say. `is_searched(hold)` says whether a
  /// search for the hold is under way, which knows more of it.
  template <class Predicate>
  std::vector<domain::hold_id> take_claims(const messages::section_claims& claims, messages::attempt upto,
                                           Predicate&& is_searched) {
    std::unordered_set<domain::hold_id> claimed;
    for (const auto& claim : claims.claims) {
      claimed.insert(claim.hold);
      if (!is_searched(claim.hold))
        add_claim(claim.hold, claim.buyer, claims.section, claim.seats);
    }
    std::vector<domain::hold_id> unclaimed;
    for (const auto& [hold, known] : known_)
      for (const auto& part : known.parts)
        if (part.section == claims.section && part.last <= upto && !claimed.contains(hold))
          unclaimed.push_back(hold);
    return forget_unpaid(unclaimed, claims.section);
  }

  /// Replaces all that is known of a hold.
  void set(domain::hold_id hold, known_hold present);
  /// Corrects a known hold by what its sections have granted.
  void note_granted(domain::hold_id hold, const messages::hold_granted& granted);
  /// Counts an order's seats for its buyer, even if the hold had ended before.
  void note_owned(const domain::order_started& order);

  /// Forgets a hold of which nothing is held or owned any more.
  void forget(domain::hold_id hold);
  /// Forgets the hold's part in one section, unless the section was asked again after `attempt`. Without one: in any
  /// case.
  void forget_part(domain::hold_id hold, domain::section_no section, std::optional<messages::attempt> attempt = {});

private:
  std::vector<domain::hold_id> forget_unpaid(const std::vector<domain::hold_id>& holds, domain::section_no section);
  void count_again(domain::hold_id hold);

  const domain::event& event_;
  shared_epoch as_of_;
  domain::allowances allowances_;
  std::uint64_t attempts_ = 0;
  boost::unordered_flat_map<domain::hold_id, known_hold, std::hash<domain::hold_id>> known_;
};

} // namespace usher::actors
