#pragma once

#include "domain/best_seats.hpp"
#include "domain/deadlines.hpp"
#include "domain/decision.hpp"
#include "domain/ended_holds.hpp"
#include "domain/facts.hpp"
#include "domain/free_places.hpp"
#include "domain/place_standing.hpp"
#include "domain/seat_rows.hpp"
#include "domain/seat_state.hpp"
#include "domain/seating_plan.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace usher::domain {

/// These seats, all of them.
struct seats_wish {
  std::vector<seat_no> seats;
};

/// Any `quantity` places of a general-admission section.
struct quantity_wish {
  std::uint32_t quantity = 1;
};

using wish = std::variant<seats_wish, best_wish, quantity_wish>;

/// The event's settings as far as a section needs them.
struct section_terms {
  std::vector<price> prices{}; ///< per category; what has none is not for sale
  seconds hold_ttl{300};
  bool refuse_orphans = false;
  seconds rehold_pause{0}; ///< see `rehold_rule`
};

struct section_totals {
  std::uint32_t free = 0;
  std::uint32_t held = 0; ///< held or paying
  std::uint32_t sold = 0;
  std::uint32_t blocked = 0;
  minor_units revenue = 0;  ///< of the seats that are sold now
  minor_units refunded = 0; ///< of the seats that came back

  friend bool operator==(const section_totals&, const section_totals&) = default;
};

/// A live hold: seats promised to a buyer until a deadline.
struct hold {
  hold_id id;
  buyer_id buyer;
  std::vector<priced_seat> seats;
  instant promised; ///< what its buyer was told; it never expires earlier
  instant until;    ///< when it ends: as promised, or later for an order's sake
  std::uint64_t wish_digest = 0;
  std::optional<order_id> paying_for; ///< the order whose checkout runs

  /// How long a hold goes on at least when its payment has failed, so that its buyer may pay in another way; but never
  /// longer than this past what was promised, however many orders fail.
  static constexpr seconds second_try{60};
  /// When it ends if its payment, if any, fails now. Never earlier than said before.
  [[nodiscard]] instant ends_unpaid(instant now) const;

  friend bool operator==(const hold&, const hold&) = default;
};

/// One section's seats, and who holds or owns them.
///
/// Reads no clock and does no I/O: callers bring the time and carry the facts to the journal.
/// Every change is a fact, so replaying the facts of a section gives this object back
/// (docs/ARCHITECTURE.md, "Facts"). Commands never change the object; `apply` never refuses.
///
/// Facts may name places that only an earlier plan had: they change hands as the facts say, but count in no total
/// except for refunds, and no command can take them.
class section {
public:
  /// `plan` must have this section; it is shared, not copied.
  section(shared_plan plan, section_no number);

  // ---- commands ----

  /// Grants all places of a wish, or none. Repeating a hold repeats its answer (`already_so`; see `find`); with another
  /// `wish_digest` it is a mismatch, after its end `hold_expired`; a wish that was refused is decided afresh. O(wanted)
  /// for named seats (O(wanted × log wanted) above 32 of them) and general admission, O(seats) at worst for `best` and
  /// where orphans are refused. Places without a price are `not_for_sale`, and `best` passes them over. In general
  /// admission `best` means any places, provided they are of the category. Seats that this buyer has just let run out
  /// (`section_terms::rehold_pause`) count as taken at `now`; after a snapshot the section no longer knows whose they
  /// were.
  [[nodiscard]] decision<seats_held> hold(hold_id id, const buyer_id& buyer, const wish& wanted,
                                          std::uint64_t wish_digest, const section_terms& terms, instant until,
                                          instant now = instant::max()) const;

  /// Lets go of a hold: as `released`, after which a repeat of the hold is `hold_expired`, or as `unacknowledged` when
  /// its buyer was never promised it and may repeat it. A hold that is already gone is `already_so`; one that is being
  /// paid for is `in_progress`; another buyer's is `not_found`.
  [[nodiscard]] decision<hold_ended> release(hold_id id, const buyer_id& buyer, hold_end as = hold_end::released) const;

  /// Sets a live hold to paying, at least until `until`. The same order again extends it, or is `already_so` when it
  /// lasts that long; another order is `in_progress`, a hold that is gone `hold_expired`.
  [[nodiscard]] decision<payment_started> start_payment(hold_id id, const buyer_id& buyer, order_id order, instant now,
                                                        instant until) const;

  /// Ends a checkout without a sale: see `hold::ends_unpaid`. `already_so` when that order is not paying for it.
  [[nodiscard]] decision<payment_stopped> stop_payment(hold_id id, order_id order, instant now) const;

  /// Sells the seats of an order to its buyer: those of its hold, or, if the hold is gone, the same
  /// seats if they are all still free. `already_so` when that order owns them; else `seat_taken`.
  [[nodiscard]] decision<seats_sold> sell(hold_id id, order_id order, const buyer_id& buyer,
                                          std::span<const priced_seat> seats) const;

  /// Takes an order's seats back into the sale. `already_so` when that order owns none of them.
  [[nodiscard]] decision<seats_returned> take_back(order_id order, std::span<const seat_no> seats) const;

  /// Takes free seats out of the sale, all or none; those already blocked are skipped. In general admission `seats` is
  /// empty and `quantity` counts.
  [[nodiscard]] decision<seats_blocked> block(std::span<const seat_no> seats, std::uint32_t quantity) const;
  /// Puts blocked seats back; those that are not blocked are skipped. In general admission at most `quantity`.
  [[nodiscard]] decision<seats_unblocked> unblock(std::span<const seat_no> seats, std::uint32_t quantity) const;

  /// The ends of the holds whose time is up at `now`, earliest first, at most `most`. A hold that is being paid for
  /// ends, too, once its extended time is up, but not before `paying_until`.
  [[nodiscard]] std::vector<hold_ended> expire(instant now, std::size_t most, instant paying_until = {}) const;

  // ---- facts ----

  /// Makes true what happened. Facts are applied in journal order, once each. Throws `broken_invariant` when a fact
  /// contradicts the state: then journal and code disagree, and the shard must stop.
  void apply(const seats_held& happened);
  void apply(const hold_ended& happened);
  void apply(const payment_started& happened);
  void apply(const payment_stopped& happened);
  void apply(const seats_sold& happened);
  void apply(const seats_returned& happened);
  void apply(const seats_blocked& happened);
  void apply(const seats_unblocked& happened);
  /// Before all others.
  void apply(const section_past& happened);
  void apply(const hold_extended& happened);
  /// Any of the above; a fact of another kind of shard is a broken invariant.
  void apply(const fact& happened);

  // ---- readings ----

  [[nodiscard]] const section_plan& plan() const noexcept;
  [[nodiscard]] section_no number() const noexcept;
  [[nodiscard]] seat_state state_of(seat_no seat) const;
  /// The state of every place, by number, including those that only earlier plans had.
  [[nodiscard]] std::vector<place_standing> standing() const;
  /// One character per seat in plan order.
  [[nodiscard]] std::string status() const;
  [[nodiscard]] const section_totals& totals() const noexcept;
  /// The same for each category that has places here, in the order of categories, without refunds for places that the
  /// plan no longer has. O(seats).
  [[nodiscard]] std::vector<std::pair<category_no, section_totals>> totals_by_category() const;
  /// A live hold, or null; valid until the next fact. O(1).
  [[nodiscard]] const domain::hold* find(hold_id id) const;
  /// Whether this hold ended here recently (the last 2 × capacity ends, at least 1024, are remembered).
  [[nodiscard]] bool ended(hold_id id) const;
  /// Whether seats of this hold are sold. O(1).
  [[nodiscard]] bool sold(hold_id id) const;
  /// When the earliest hold ends, if there is one; none that is being paid for before `paying_until`. O(1), and O(holds
  /// being paid for) until then.
  [[nodiscard]] std::optional<instant> next_deadline(instant paying_until = {}) const;
  /// One live hold or sale, for the event's allowances after a restart: which, whose, how many seats.
  struct claim {
    hold_id hold; ///< the live hold, or the one that the sale came from
    buyer_id buyer;
    std::uint32_t seats = 0;
  };
  [[nodiscard]] std::vector<claim> claims() const;
  /// The order that owns a seat, or null.
  [[nodiscard]] const order_id* owner_of(seat_no seat) const;

  /// A short list of facts that makes a fresh section equal to this one: the snapshot. It begins with the past, if
  /// there is one. O(seats + orders × log orders + holds).
  [[nodiscard]] std::vector<fact> snapshot() const;

  /// Equal in everything that facts can change.
  friend bool operator==(const section& a, const section& b);

private:
  /// What one seat has been through.
  struct ownership {
    order_id owner;        ///< while sold
    minor_units price = 0; ///< while sold
    minor_units refunded = 0;
    std::uint32_t version = 0; ///< how often it was sold or came back

    friend bool operator==(const ownership&, const ownership&) = default;
  };

  /// The seats that an order owns.
  struct sale {
    hold_id hold;
    buyer_id buyer;
    std::vector<seat_no> seats;

    friend bool operator==(const sale&, const sale&) = default;
  };

  /// Who asks, on which terms, and when.
  struct asker {
    const buyer_id& buyer;
    const section_terms& terms;
    instant now;
  };
  /// Who let a seat run out, and when.
  struct lapse {
    buyer_id buyer;
    instant at;
  };

  // What a hold would get, or why not. The granted places go straight into the fact.
  [[nodiscard]] std::optional<refusal> choose(const seats_wish& wanted, const asker& who,
                                              std::vector<priced_seat>& places) const;
  [[nodiscard]] std::optional<refusal> choose(const best_wish& wanted, const asker& who,
                                              std::vector<priced_seat>& places) const;
  [[nodiscard]] std::optional<refusal> choose(const quantity_wish& wanted, const asker& who,
                                              std::vector<priced_seat>& places) const;
  /// Until when a buyer leaves a seat to others; nothing if it is not one of theirs, or the time is over.
  [[nodiscard]] std::optional<instant> left_until(seat_no seat, const asker& who) const;
  [[nodiscard]] std::optional<refusal> leaves_to_others(std::span<const seat_no> wanted, const asker& who) const;
  [[nodiscard]] std::optional<refusal> choose_any(std::uint32_t quantity, const section_terms& terms,
                                                  std::vector<priced_seat>& places) const;
  [[nodiscard]] priced_seat priced(seat_no seat, const section_terms& terms) const;
  [[nodiscard]] const price& price_of(seat_no seat, const section_terms& terms) const;
  /// Names those of the seats that have no price.
  [[nodiscard]] refusal not_for_sale(std::span<const seat_no> seats, const section_terms& terms) const;
  /// Whether the category, or here anything at all, has a price.
  [[nodiscard]] bool sells(std::optional<category_no> category, const section_terms& terms) const;
  /// The states in plan order, in which seats without a price look like blocked ones.
  [[nodiscard]] std::span<const seat_state> on_offer(std::vector<seat_state>& copy, const section_terms& terms) const;

  /// The orphan rule, in numbers of places.
  [[nodiscard]] std::optional<refusal> leaves_alone(std::span<const seat_no> wanted) const;
  /// The states in plan order, in which neighbours are adjacent. Copied only if that differs from the order of numbers.
  [[nodiscard]] std::span<const seat_state> in_plan_order(std::vector<seat_state>& copy) const;

  /// Whether the plan has, or once had, such a place.
  [[nodiscard]] bool knows(seat_no seat) const noexcept { return seat.value() < states_.size(); }
  [[nodiscard]] bool has(seat_no seat) const { return here_->has(seat); }
  [[nodiscard]] bool is_free(seat_no seat) const {
    return states_[seat.value()] == seat_state::free && (here_->numbers.plain() || has(seat));
  }
  /// Why these seats cannot be named: unknown to the plan (or to any plan so far), or named twice.
  [[nodiscard]] std::optional<refusal> misnamed(std::span<const seat_no> seats) const;
  [[nodiscard]] std::optional<refusal> never_heard_of(std::span<const seat_no> seats) const;
  template <class Nameable>
  [[nodiscard]] std::optional<refusal> misnamed(std::span<const seat_no> seats, Nameable can_be_named) const;
  /// Why places cannot be blocked or unblocked by name (seated) or by quantity (general admission).
  [[nodiscard]] std::optional<refusal> miscounted(std::span<const seat_no> seats, std::uint32_t quantity) const;
  [[nodiscard]] std::vector<seat_no> not_free(std::span<const seat_no> seats) const;

  [[nodiscard]] std::uint32_t& count_of(seat_state state) noexcept;
  /// Moves a seat from one state to another; it must be in the first.
  void move(seat_no seat, seat_state from, seat_state to);
  void move(std::span<const priced_seat> seats, seat_state from, seat_state to);
  /// The hold that a fact names.
  [[nodiscard]] domain::hold& live(hold_id id);
  /// Forgets a hold whose seats have been dealt with.
  void forget(const domain::hold& x);
  void change_deadline(domain::hold& x, instant until);

  [[nodiscard]] section_past past() const;

  shared_plan plan_;
  const section_plan* here_; ///< in `plan_`
  section_no number_;
  seat_rows rows_;
  std::vector<seat_state> states_;         ///< by number
  std::vector<ownership> ownerships_;      ///< by number
  std::optional<free_places> free_places_; ///< general admission only
  section_totals totals_;
  boost::unordered_flat_map<hold_id, domain::hold, std::hash<hold_id>> holds_;
  deadlines deadlines_; ///< one for each live hold
  std::unordered_map<order_id, sale> sales_;
  std::unordered_multiset<hold_id> sold_holds_; ///< one for each sale
  ended_holds ended_;
  /// By free seat, of the last hold that ran out on it. Not part of the state: a rule of manners that a snapshot
  /// forgets.
  boost::unordered_flat_map<std::uint32_t, lapse> lapses_;
};

} // namespace usher::domain
