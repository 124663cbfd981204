#pragma once

#include "domain/event_settings.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"
#include "domain/money.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Everything that can have happened. A shard's facts, applied in order, are its state.
namespace usher::domain {

// ---- a section's facts --------------------------------------------------------

/// A seat and the price promised for it.
struct priced_seat {
  seat_no seat;
  minor_units price = 0;

  friend bool operator==(const priced_seat&, const priced_seat&) = default;
};

/// Seats were promised to a buyer until a deadline.
struct seats_held {
  hold_id hold;
  buyer_id buyer;
  std::vector<priced_seat> seats;
  instant until;
  /// A digest of what was asked for: a repeat of `hold` with another wish is a mismatch.
  std::uint64_t wish_digest = 0;

  friend bool operator==(const seats_held&, const seats_held&) = default;
};

enum class hold_end : std::uint8_t {
  released,       ///< the buyer let go
  expired,        ///< its time ran out
  unacknowledged, ///< it was written, but nobody was promised it: its buyer was told that nothing is held
};

/// The seats of a hold are free again.
struct hold_ended {
  hold_id hold;
  hold_end why = hold_end::released;

  friend bool operator==(const hold_ended&, const hold_ended&) = default;
};

/// A checkout runs: the hold is `paying` and lasts at least until `until`. Repeated for the same order: it got more
/// time.
struct payment_started {
  hold_id hold;
  order_id order;
  instant until;

  friend bool operator==(const payment_started&, const payment_started&) = default;
};

/// The checkout ended without a sale: until `until` the hold is an ordinary one again.
struct payment_stopped {
  hold_id hold;
  order_id order;
  instant until;

  friend bool operator==(const payment_stopped&, const payment_stopped&) = default;
};

/// One sold seat. `version` counts the seat's changes of owner, from 1; the store compares and swaps it.
struct sold_seat {
  seat_no seat;
  minor_units price = 0;
  std::uint32_t version = 1;

  friend bool operator==(const sold_seat&, const sold_seat&) = default;
};

/// Seats belong to a buyer. `hold` has ended with this, if it was still there.
struct seats_sold {
  hold_id hold;
  order_id order;
  buyer_id buyer;
  std::vector<sold_seat> seats;

  friend bool operator==(const seats_sold&, const seats_sold&) = default;
};

/// Sold seats are free again: the order was cancelled. `version` is the seat's next.
struct seats_returned {
  order_id order;
  std::vector<sold_seat> seats;

  friend bool operator==(const seats_returned&, const seats_returned&) = default;
};

/// Free seats were taken out of the sale, or put back.
struct seats_blocked {
  std::vector<seat_no> seats;

  friend bool operator==(const seats_blocked&, const seats_blocked&) = default;
};
struct seats_unblocked {
  std::vector<seat_no> seats;

  friend bool operator==(const seats_unblocked&, const seats_unblocked&) = default;
};

// ---- an event's facts ---------------------------------------------------------

/// The event's settings are these from now on.
struct event_defined {
  event_settings settings;

  friend bool operator==(const event_defined&, const event_defined&) = default;
};

struct event_state_changed {
  event_state state = event_state::scheduled;

  friend bool operator==(const event_state_changed&, const event_state_changed&) = default;
};

/// A seat in an order: which, and at what price.
struct ordered_seat {
  section_no section;
  seat_no seat;
  minor_units price = 0;

  friend bool operator==(const ordered_seat&, const ordered_seat&) = default;
};

/// A buyer wants to pay for a hold. `key` is the client's idempotency key, `request_digest` tells true repeats from
/// others.
struct order_started {
  order_id order;
  hold_id hold;
  buyer_id buyer;
  std::vector<ordered_seat> seats;
  minor_units total = 0;
  std::string method;
  std::string key;
  std::uint64_t request_digest = 0;
  instant at;

  friend bool operator==(const order_started&, const order_started&) = default;
};

/// Where an order stands; see `domain/order.hpp` for what follows what.
enum class order_state : std::uint8_t {
  started,        ///< written down, seats being set to paying
  charging,       ///< the provider is being asked, the outcome is open
  charged,        ///< the money is here, the seats are being sold
  confirmed,      ///< the seats are sold
  failed,         ///< declined or refused before any money moved; the hold goes on while it lasts
  refunding,      ///< the money goes back, the outcome is open
  refunded,       ///< the money went back because the seats could not be sold
  cancelling,     ///< a confirmed order is being undone: the money goes back, the seats too
  cancelled,      ///< undone at the buyer's request, or an operator's
  unacknowledged, ///< as if it had never existed; only in journals of before answers in doubt were kept back
  given_up,       ///< an operator ended it while the outcome of its charge was open: its seats are free, and money that
                  ///< still comes goes back
};

/// How many states an order may be in.
inline constexpr std::size_t order_states = static_cast<std::size_t>(order_state::given_up) + 1;

/// An order went one step further. `reason` is for the buyer, e.g. why it failed; may be empty.
struct order_advanced {
  order_id order;
  order_state state = order_state::started;
  std::string reason;
  instant at;

  friend bool operator==(const order_advanced&, const order_advanced&) = default;
};

/// The buyer no longer wants an order that is not confirmed yet.
struct order_cancel_requested {
  order_id order;
  instant at;

  friend bool operator==(const order_cancel_requested&, const order_cancel_requested&) = default;
};

// ---- a waiting room's facts ---------------------------------------------------

/// Numbers up to and including this may have been given out.
struct numbers_reserved {
  queue_number up_to;

  friend bool operator==(const numbers_reserved&, const numbers_reserved&) = default;
};

/// Numbers from `first` to `last`, both included.
struct number_span {
  queue_number first;
  queue_number last;

  friend bool operator==(const number_span&, const number_span&) = default;
};

/// Whoever has one of these numbers was let in, with a pass that ends at `inside_until`.
struct turns_taken {
  std::vector<number_span> numbers; ///< ascending
  instant inside_until;

  friend bool operator==(const turns_taken&, const turns_taken&) = default;
};

// ---- what only snapshots say --------------------------------------------------

/// A seat that came back from all who owned it before: how often, and how much money went back for it.
struct returned_seat {
  seat_no seat;
  std::uint32_t returns = 0; ///< at least 1
  minor_units refunded = 0;

  friend bool operator==(const returned_seat&, const returned_seat&) = default;
};

/// Begins a section's snapshot: what happened there and is over. Former owners are not named.
struct section_past {
  std::vector<hold_id> ended_holds; ///< the oldest first
  std::vector<returned_seat> returned;

  friend bool operator==(const section_past&, const section_past&) = default;
};

/// A hold lasts longer than its buyer was promised: orders that failed gave it more time.
struct hold_extended {
  hold_id hold;
  instant until;

  friend bool operator==(const hold_extended&, const hold_extended&) = default;
};

/// These numbers of a waiting room can no longer be used: the passes of those who were let in with them are over, or
/// they were given up.
struct numbers_used_up {
  std::vector<number_span> numbers; ///< ascending
  queue_number highest_turn;        ///< the highest number that was ever let in

  friend bool operator==(const numbers_used_up&, const numbers_used_up&) = default;
};

/// Any fact. The order is part of the journal's format: append only.
using fact =
    std::variant<seats_held, hold_ended, payment_started, payment_stopped, seats_sold, seats_returned, seats_blocked,
                 seats_unblocked, event_defined, event_state_changed, order_started, order_advanced, numbers_reserved,
                 turns_taken, order_cancel_requested, section_past, hold_extended, numbers_used_up>;

/// How many facts of a journal a fact stands for in a snapshot: 1, and for one that only snapshots have as many as it
/// sums up.
[[nodiscard]] std::size_t stands_for(const fact& x);

/// The name of a fact's type as the journal shows it, e.g. `seats_held`.
[[nodiscard]] std::string_view name_of(const fact& x);

/// True when no further step follows by itself: confirmed, failed, refunded, cancelled and unacknowledged. A confirmed
/// order may still be cancelled.
[[nodiscard]] bool is_final(order_state state);

/// The internal name, e.g. `charging`. What clients see is coarser: `public_name`.
[[nodiscard]] std::string_view to_string(order_state state);

/// What clients are told of an order that is in `state`: charging, confirmed, failed, refunded or cancelled.
/// `cancel_requested`: its buyer cancelled it before it was confirmed, or an operator ended it.
[[nodiscard]] std::string_view public_name(order_state state, bool cancel_requested);

} // namespace usher::domain
