#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

namespace usher::domain {

/// Where a person of the waiting room stands.
enum class queue_state : std::uint8_t { drawing, waiting, admitted, expired, closed };

/// The name clients see, e.g. `waiting`.
[[nodiscard]] const char* to_string(queue_state state);

/// What one person is told.
struct queue_place {
  queue_number number;
  queue_state state = queue_state::waiting;
  std::uint64_t ahead = 0; ///< people who go in before this one
  seconds eta_low{0};      ///< no sooner than this, at the present rate, if all absent people stay away
  seconds eta_high{0};     ///< no later than this, at the present rate, if all of them come back
  seconds poll_after{1};   ///< when to ask again: the further back, the later
};

/// One event's waiting room: numbers in order of joining, let in at a rate by a token bucket.
///
/// Never admits more than the rate in any one second. People who are not there are passed over and
/// use up no slot; they keep the right to enter, before everybody behind them, when they return.
/// Numbers are written down in blocks ahead of use and the number served behind it, so a restart
/// skips numbers but never gives one out twice, and never forgets anybody's turn.
class waiting_room {
public:
  struct limits {
    std::uint32_t admission_per_s = 100;
    std::uint32_t max_shopping = 0; ///< 0: no cap
    std::size_t max_people = 4'000'000;
    std::uint32_t number_block = 10'000;
  };

  explicit waiting_room(limits configured);

  /// At once, while admitting. Never lets more in during the present second than the lower of the two rates' rules
  /// allow.
  void change(std::uint32_t admission_per_s, std::uint32_t max_shopping);
  /// Paused rooms give numbers and admit nobody.
  void pause(bool paused);

  /// What must be durable before the next `join`, if anything: another block of numbers.
  [[nodiscard]] std::optional<numbers_reserved> numbers_needed() const;
  /// What is worth writing about `serving`, at most once per block; losing it costs nobody anything.
  [[nodiscard]] std::optional<serving_reached> serving_worth_writing() const;

  void apply(const numbers_reserved& fact);
  void apply(const serving_reached& fact);
  void apply(const fact& fact);

  /// Gives `buyer` a number, or the one they have. `overloaded` when full or when numbers must first be written.
  [[nodiscard]] std::variant<queue_number, refusal> join(const buyer_id& buyer, instant now);
  /// Takes somebody back who proves a number with a token (after a restart, or on another node).
  /// Again: nothing. A number never given out, or another buyer's, is `not_found`.
  [[nodiscard]] std::variant<queue_number, refusal> rejoin(const buyer_id& buyer, queue_number number, instant now);
  void leave(const buyer_id& buyer);
  /// Whether the person is there: connected, or has asked within `presence`. Only people who are there are admitted.
  void set_present(const buyer_id& buyer, bool present);
  void touch(const buyer_id& buyer, instant now, seconds presence);

  struct admitted {
    queue_number number;
    buyer_id buyer;
  };
  /// Lets in as many as may enter at `now`, in the order of their numbers.
  [[nodiscard]] std::vector<admitted> admit(instant now);
  /// When `admit` could next let somebody in, if anybody is waiting and present; for the one timer.
  [[nodiscard]] std::optional<instant> next_admission(instant now) const;

  /// Somebody's shopping ended: bought, left, or the pass ran out. Makes room under `max_shopping`.
  void stop_shopping(const buyer_id& buyer);

  [[nodiscard]] std::optional<queue_place> place_of(const buyer_id& buyer) const;

  struct figures {
    std::uint64_t joined = 0;   ///< the last number given out
    std::uint64_t serving = 0;  ///< everybody up to here has had a turn
    std::uint64_t waiting = 0;  ///< people with a number who are not in yet
    std::uint64_t present = 0;  ///< those of them who are there
    std::uint64_t admitted = 0; ///< ever, since the start of this object
    std::uint64_t shopping = 0;
  };
  [[nodiscard]] figures totals() const;

private:
  // the domain's author fills this in
};

} // namespace usher::domain
