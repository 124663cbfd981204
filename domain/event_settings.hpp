#pragma once

#include "domain/instant.hpp"
#include "domain/money.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::domain {

/// Where an event stands. `sold_out` goes back to `open` when seats come back.
enum class event_state : std::uint8_t { scheduled, draw, open, paused, sold_out, closed };

/// The name clients see, e.g. `sold_out`.
[[nodiscard]] const char* to_string(event_state state);

/// How long a buyer who let seats run out leaves them to others: until then the same seats are not held for them again.
struct rehold_rule {
  static constexpr seconds pause_max{3'600};

  seconds pause{10}; ///< 0 to `pause_max`, counted from the end of the hold; a released hold has no pause

  friend bool operator==(const rehold_rule&, const rehold_rule&) = default;
};

/// Who may undo confirmed orders. Their money goes back and their seats are for sale again.
struct cancellation_rule {
  enum class who : std::uint8_t {
    buyers,    ///< their own, until `until` or else until the sale closes; operators always
    operators, ///< only they
    nobody,    ///< not even operators, until one of them changes this rule
  };

  who by = who::buyers;
  /// For `buyers`: until then, whether or not the sale is closed. Nothing: until `closes_at`, and while the sale is not
  /// closed. Before `event_settings::times_end`.
  std::optional<instant> until{};

  friend bool operator==(const cancellation_rule&, const cancellation_rule&) = default;
};

/// What an operator sets for one event. A change is a fact that carries all settings.
struct event_settings {
  static constexpr std::size_t name_bytes_max = 200;
  static constexpr seconds hold_ttl_min{10};
  static constexpr seconds hold_ttl_max{3'600};
  static constexpr std::uint32_t seats_per_buyer_max = 1'000;
  static constexpr std::uint32_t admission_per_s_max = 100'000;
  /// A sale opens and closes before this: whoever means "never" sets no time.
  static constexpr instant times_end{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

  std::string name;
  std::string currency = "EUR";
  /// Price per category, in the plan's order of categories; as many as the plan has. A category without a price is not
  /// for sale.
  std::vector<price> prices;
  /// How long a hold lasts: `hold_ttl_min` to `hold_ttl_max`.
  seconds hold_ttl{300};
  /// How many seats one buyer may hold and own together: 1 to `seats_per_buyer_max`.
  std::uint32_t max_seats_per_buyer = 8;
  /// At most this many admissions in any second: 1 to `admission_per_s_max`. Meaningless without a waiting room.
  std::uint32_t admission_per_s = 100;
  /// How many admitted people may be shopping at once. 0 means no cap.
  std::uint32_t max_shopping = 0;
  bool waiting_room = true;
  /// Refuse holds that leave a single free seat between taken ones.
  bool refuse_orphans = false;
  /// Both times are before `times_end`.
  std::optional<instant> opens_at;
  std::optional<instant> closes_at;
  rehold_rule rehold{};
  cancellation_rule cancellations{};
  /// The event is not listed, and whoever is no operator is told that there is none, but for what they hold or ordered
  /// in it.
  bool hidden = false;

  friend bool operator==(const event_settings&, const event_settings&) = default;
};

} // namespace usher::domain
