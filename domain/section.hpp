#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"
#include "domain/seating_plan.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace usher::domain {

enum class seat_state : std::uint8_t { free, held, paying, sold, blocked };

/// The character clients see: `.` free, `H` held or paying, `S` sold, `B` blocked.
[[nodiscard]] char to_char(seat_state state);

/// These seats, all of them.
struct seats_wish {
  std::vector<seat_no> seats;
};

/// How well the seats that `best` finds must fit together.
enum class togetherness : std::uint8_t {
  together, ///< in one row, side by side
  anyhow,   ///< side by side if possible, else near each other, else across rows
};

/// The best `quantity` places, of one category or of any.
struct best_wish {
  std::uint32_t quantity = 1;
  std::optional<category_no> category;
  togetherness fit = togetherness::anyhow;
};

/// Any `quantity` places of a general-admission section.
struct quantity_wish {
  std::uint32_t quantity = 1;
};

using wish = std::variant<seats_wish, best_wish, quantity_wish>;

/// The event's settings as far as a section needs them.
struct section_terms {
  std::vector<minor_units> prices; ///< per category
  seconds hold_ttl{300};
  bool refuse_orphans = false;
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

/// A live hold: seats promised to a buyer until a moment.
struct hold {
  hold_id id;
  buyer_id buyer;
  std::vector<priced_seat> seats;
  instant until;
  std::uint64_t wish = 0;
  std::optional<order_id> paying_for; ///< the order whose checkout runs

  [[nodiscard]] minor_units total() const;
};

/// One section's seats, and who holds or owns them.
///
/// Reads no clock and does no I/O: callers bring the time and carry the facts to the journal.
/// Every change is a fact, so replaying the facts of a section gives this object back
/// (docs/ARCHITECTURE.md, "Facts"). Commands never change the object; `apply` never refuses.
class section {
public:
  /// `plan` must have this section; it is shared, not copied.
  section(shared_plan plan, section_no number);

  // ---- commands ----

  /// Decides on a wish for all of its places, or none. Repeating a hold repeats its answer
  /// (`already_so`; see `find`), repeating it with another `wish_digest` is a mismatch, repeating
  /// it after its end is `hold_expired`. O(wanted) for named seats and general admission,
  /// O(seats) at worst for `best`.
  [[nodiscard]] decision<seats_held> hold(hold_id id, const buyer_id& buyer, const wish& wanted,
                                          std::uint64_t wish_digest, const section_terms& terms, instant until) const;

  /// Lets go of a hold. A hold that is gone already is `already_so`; one that is being paid for is
  /// `in_progress`; one of another buyer is `not_found`.
  [[nodiscard]] decision<hold_ended> release(hold_id id, const buyer_id& buyer) const;

  /// Sets a live hold to paying, until `until` at least. The same order again is `already_so`,
  /// another order `in_progress`; a hold that is gone is `hold_expired`.
  [[nodiscard]] decision<payment_started> start_payment(hold_id id, const buyer_id& buyer, order_id order, instant now,
                                                        instant until) const;

  /// Ends a checkout without a sale; the hold then lasts until `until`. `already_so` when that order does not pay.
  [[nodiscard]] decision<payment_stopped> stop_payment(hold_id id, order_id order, instant until) const;

  /// Sells the seats of an order to its buyer: those of its hold, or, if the hold is gone, the same
  /// seats if they are all still free. `already_so` when that order owns them; else `seat_taken`.
  [[nodiscard]] decision<seats_sold> sell(hold_id id, order_id order, const buyer_id& buyer,
                                          std::span<const priced_seat> seats) const;

  /// Takes an order's seats back into the sale. `already_so` when that order owns none of them.
  [[nodiscard]] decision<seats_returned> take_back(order_id order, std::span<const seat_no> seats) const;

  /// Takes free seats out of the sale, all or none; those blocked already are passed over. In general
  /// admission `seats` is empty and `quantity` counts.
  [[nodiscard]] decision<seats_blocked> block(std::span<const seat_no> seats, std::uint32_t quantity) const;
  [[nodiscard]] decision<seats_unblocked> unblock(std::span<const seat_no> seats, std::uint32_t quantity) const;

  /// The ends of the holds whose time is over at `now`, earliest first, at most `most`.
  /// A hold that is being paid for ends too once its extended time is over.
  [[nodiscard]] std::vector<hold_ended> expire(instant now, std::size_t most) const;

  // ---- facts ----

  /// Makes `fact` true. Facts are applied in journal order, once each. Throws `broken_invariant`
  /// when the fact contradicts the state: then journal and code disagree, and the shard must stop.
  void apply(const seats_held& fact);
  void apply(const hold_ended& fact);
  void apply(const payment_started& fact);
  void apply(const payment_stopped& fact);
  void apply(const seats_sold& fact);
  void apply(const seats_returned& fact);
  void apply(const seats_blocked& fact);
  void apply(const seats_unblocked& fact);
  /// Any of the above; a fact of another kind of shard is a broken invariant.
  void apply(const fact& fact);

  // ---- readings ----

  [[nodiscard]] const section_plan& plan() const noexcept;
  [[nodiscard]] section_no number() const noexcept;
  [[nodiscard]] seat_state state_of(seat_no seat) const;
  /// One character per seat in plan order.
  [[nodiscard]] std::string status() const;
  [[nodiscard]] const section_totals& totals() const noexcept;
  /// A live hold, or null. O(1).
  [[nodiscard]] const domain::hold* find(hold_id id) const;
  /// Whether this hold ended here not too long ago (the last 2 × capacity ends, at least 1024, are remembered).
  [[nodiscard]] bool ended(hold_id id) const;
  /// When the earliest hold ends, if there is one. O(1).
  [[nodiscard]] std::optional<instant> next_deadline() const;
  /// Every live hold and every owner, for the event's allowances after a restart: what, whose, how many.
  struct claim {
    hold_id hold; ///< of the hold that is, or that the sale came from
    buyer_id buyer;
    std::uint32_t seats = 0;
  };
  [[nodiscard]] std::vector<claim> claims() const;
  /// The order that owns a seat, or null.
  [[nodiscard]] const order_id* owner_of(seat_no seat) const;

  /// The shortest list of facts that makes a fresh section equal to this one: the snapshot.
  [[nodiscard]] std::vector<fact> snapshot() const;

  /// Equal in everything that facts can change.
  friend bool operator==(const section& a, const section& b);

private:
  // the domain's author fills this in
};

} // namespace usher::domain
