#include "domain/facts.hpp"

#include <array>
#include <type_traits>

namespace usher::domain {
namespace {

// In the order of the variant `fact`.
constexpr auto fact_names = std::to_array<std::string_view>(
    {"seats_held", "hold_ended", "payment_started", "payment_stopped", "seats_sold", "seats_returned", "seats_blocked",
     "seats_unblocked", "event_defined", "event_state_changed", "order_started", "order_advanced", "numbers_reserved",
     "turns_taken", "order_cancel_requested", "section_past", "hold_extended", "numbers_used_up"});

static_assert(fact_names.size() == std::variant_size_v<fact>, "every fact has a name");
static_assert(std::is_same_v<std::variant_alternative_t<4, fact>, seats_sold>);
static_assert(std::is_same_v<std::variant_alternative_t<14, fact>, order_cancel_requested>);
static_assert(std::is_same_v<std::variant_alternative_t<17, fact>, numbers_used_up>);

} // namespace

std::size_t stands_for(const fact& x) {
  if (const auto* past = std::get_if<section_past>(&x))
    return past->ended_holds.size() + past->returned.size();
  if (const auto* used_up = std::get_if<numbers_used_up>(&x))
    return used_up->numbers.size();
  return 1;
}

std::string_view name_of(const fact& x) {
  return fact_names.at(x.index());
}

bool is_final(order_state state) {
  return state == order_state::confirmed || state == order_state::failed || state == order_state::refunded
         || state == order_state::cancelled || state == order_state::unacknowledged;
}

std::string_view to_string(order_state state) {
  switch (state) {
    case order_state::started:
      return "started";
    case order_state::charging:
      return "charging";
    case order_state::charged:
      return "charged";
    case order_state::confirmed:
      return "confirmed";
    case order_state::failed:
      return "failed";
    case order_state::refunding:
      return "refunding";
    case order_state::refunded:
      return "refunded";
    case order_state::cancelling:
      return "cancelling";
    case order_state::cancelled:
      return "cancelled";
    case order_state::unacknowledged:
      return "unacknowledged";
    case order_state::given_up:
      return "given_up";
  }
  return "unknown";
}

std::string_view public_name(order_state state, bool cancel_requested) {
  switch (state) {
    case order_state::started:
    case order_state::charging:
    case order_state::charged:
      return "charging";
    case order_state::confirmed:
      return "confirmed";
    case order_state::failed:
    case order_state::unacknowledged:
      return "failed";
    // Once begun, a refund or a cancellation is seen through, whatever it takes.
    case order_state::refunding:
      return cancel_requested ? "cancelled" : "refunded";
    case order_state::refunded:
      return "refunded";
    case order_state::cancelling:
    case order_state::cancelled:
    case order_state::given_up:
      return "cancelled";
  }
  return "unknown";
}

} // namespace usher::domain
