#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usher::domain {

/// Why something is not done, or that nobody knows whether it is. Each has a sentence here, and in `codec/problem` what
/// clients see of it, but for those that are `is_internal`. Values are part of messages between nodes: append only.
enum class rejection : std::uint8_t {
  bad_request = 1,
  unauthorized,
  payment_declined,
  not_admitted,
  not_found,
  seat_taken,
  limit_exceeded,
  sold_out,
  in_progress,
  hold_expired,
  payload_too_large,
  idempotency_mismatch,
  would_orphan,
  sale_not_open,
  sale_paused,
  rate_limited,
  overloaded,
  store_unavailable,
  plan_in_use,
  not_for_sale,
  cancellation_closed,
  outcome_unknown, ///< whoever should have answered did not: perhaps it is done
  moved,           ///< the asker was replaced, or whoever was asked was, or only starts: not done, ask again
};

/// True when the same request may succeed a little later, unchanged.
[[nodiscard]] bool is_passing(rejection reason);
/// True for what only shards and nodes say to each other. To a client it means that no answer came.
[[nodiscard]] bool is_internal(rejection reason);
/// One sentence for people.
[[nodiscard]] std::string_view sentence(rejection reason);

/// A rejection, with what helps the caller do better.
struct refusal {
  rejection reason = rejection::bad_request;
  /// The seats that stood in the way, if any.
  std::vector<seat_no> seats{};
  /// Seats to ask for instead, when the rejection is `would_orphan`.
  std::vector<seat_no> suggestion{};
  /// What exactly was wrong, when the sentence alone does not say; may be empty.
  std::string detail{};
  /// The section of `seats` and `suggestion`, when the command was about several sections.
  std::optional<section_no> section = std::nullopt;
  /// Seats in the way by name, where their numbers would mean nothing to the caller; not all of them if there are many.
  std::vector<std::string> guids{};
  /// The setting that is wrong, by its name in `event_settings` and in the API; empty if it is none.
  std::string setting{};

  friend bool operator==(const refusal&, const refusal&) = default;
};

/// The command was carried out before: there is nothing to write, and the answer is what it was.
struct already_so {
  friend bool operator==(const already_so&, const already_so&) = default;
};

/// A domain class answers a command with a fact to write, `already_so`, or a refusal.
template <class Fact>
using decision = std::variant<Fact, already_so, refusal>;

/// The fact, or null.
template <class Fact>
[[nodiscard]] const Fact* granted(const decision<Fact>& x) {
  return std::get_if<Fact>(&x);
}

/// The refusal, or null.
template <class Fact>
[[nodiscard]] const refusal* refused(const decision<Fact>& x) {
  return std::get_if<refusal>(&x);
}

/// True when a repeat was recognized.
template <class Fact>
[[nodiscard]] bool repeated(const decision<Fact>& x) {
  return std::holds_alternative<already_so>(x);
}

} // namespace usher::domain
