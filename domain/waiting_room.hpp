#pragma once

#include "domain/admission_rate.hpp"
#include "domain/decision.hpp"
#include "domain/facts.hpp"
#include "domain/queue_state.hpp"
#include "domain/taken_turns.hpp"
#include "domain/waiting_line.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace usher::domain {

/// What one person is told.
struct queue_place {
  queue_number number;
  queue_state state = queue_state::waiting;
  std::uint64_t ahead = 0; ///< people who go in before this one
  seconds eta_low{0};      ///< no sooner than this, at the present rate, if all absent people stay away
  /// No later than this, at the present rate, if all of them come back. Empty when no upper bound can be given, because
  /// nobody is admitted at present: the room is paused, or `max_shopping` people are inside.
  std::optional<seconds> eta_high = seconds{0};
  bool is_new = false;                 ///< the number was given out just now
  std::optional<instant> pass_until{}; ///< when admitted: the end of the pass, a whole second
};

/// How fast a line moves.
struct queue_pace {
  std::uint32_t admission_per_s = 1;        ///< at least 1
  std::optional<std::uint64_t> free_places; ///< so many may go in before somebody stops shopping; none: any number
};

/// What a waiting person is told, given the line before their number.
[[nodiscard]] queue_place place_behind(const line_mark& before, const queue_pace& pace);

/// One event's waiting room: numbers in order of joining, let in at a rate by a token bucket.
///
/// Never admits more than the rate in any one second. People who are not there are passed over and use up no slot; they
/// keep the right to enter, before everybody behind them, when they return. Numbers are written in blocks before use,
/// turns before anybody hears of them; so a restart skips numbers but never gives one out twice, costs nobody their
/// turn, and gives nobody a second one: whoever is inside stays inside until their pass ends.
class waiting_room {
public:
  /// How many places there are at which people may be connected.
  static constexpr std::size_t entrances = 64;

  struct limits {
    std::uint32_t admission_per_s = 100;
    std::uint32_t max_shopping = 0; ///< 0: no cap
    std::size_t people_max = 4'000'000;
    std::uint32_t number_block = 10'000;
  };

  explicit waiting_room(limits configured);

  // The line points to the people, who stay put when a room is moved, but not when it is copied.
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;
  waiting_room(waiting_room&&) = default;
  waiting_room& operator=(waiting_room&&) = default;
  ~waiting_room() = default;

  /// Takes effect at once, while admitting. A second in which several rates applied admits no more than the lowest of
  /// them.
  void change(std::uint32_t admission_per_s, std::uint32_t max_shopping);
  /// Paused rooms give out numbers but admit nobody.
  void pause(bool paused);
  /// To be called after the replay. Those whose passes are over by `now` no longer count as inside. If an earlier room
  /// has let anybody in, it may have done so a moment ago: this one admits nobody within a second after `now`.
  void follow_earlier_room(instant now);

  /// The next block of numbers, once half of the last one is used up: early enough that joins need not wait for it. It
  /// is applied when it is durable, and only then are its numbers given out.
  ///
  /// The first call ends the replay: numbers of facts applied before it may have been given out by an earlier object
  /// and are skipped; numbers of facts applied after it are this object's own.
  [[nodiscard]] std::optional<numbers_reserved> numbers_needed();
  /// The turns taken since the last ones were applied. Apply them when they are durable; then `let_in` their owners.
  /// `inside_until`: see `turns_taken`.
  [[nodiscard]] std::optional<turns_taken> turns_to_write(instant inside_until) const;

  void apply(const numbers_reserved& happened);
  void apply(const turns_taken& happened);
  void apply(const numbers_used_up& happened);
  void apply(const fact& happened);

  /// Facts equivalent to all that were applied.
  [[nodiscard]] std::vector<fact> snapshot() const;

  /// Gives `buyer` a number, or the one they have; a new one when their turn is over. `overloaded` when full of people
  /// who are there, or when numbers must first be written. Does not make them present: see `connected` and `touch`.
  [[nodiscard]] std::variant<queue_number, refusal> join(const buyer_id& buyer, instant now);
  /// Takes back somebody who proves a number with a token (after a restart, or on another node): into the line, or, if
  /// they were let in and their pass still lasts, inside. Repeating it does nothing. A number that was never given out,
  /// is another buyer's, or has had its turn is `not_found`. Whoever already has a number keeps the better one.
  [[nodiscard]] std::variant<queue_number, refusal> rejoin(const buyer_id& buyer, queue_number number, instant now);
  void leave(const buyer_id& buyer);

  /// People are there while they are connected at some entrance, or have asked within `presence` (to the second).
  /// Only people who are there are admitted. `entrance` is less than `entrances`.
  void connected(const buyer_id& buyer, std::size_t entrance);
  void disconnected(const buyer_id& buyer, std::size_t entrance);
  /// Nobody is connected at this entrance any more. O(people).
  void close_entrance(std::size_t entrance);
  void touch(const buyer_id& buyer, instant now, seconds presence);

  struct admitted {
    queue_number number;
    buyer_id buyer;
  };
  /// Decides that as many go in as may enter at `now`, in the order of their numbers. Until they are `let_in` they are
  /// told that they wait; nobody else must be admitted meanwhile.
  [[nodiscard]] std::vector<admitted> admit(instant now);
  /// The turns of those whom `admit` returned last are durable: from `now` on they are inside, until `until`, a whole
  /// second. Returns them without those who have left meanwhile. The rate counts them at `now`.
  [[nodiscard]] std::vector<admitted> let_in(std::vector<admitted> people, instant now, instant until);
  /// When `admit` could next let somebody in, if anybody is waiting and present; for the one timer. None while paused,
  /// and at the cap of people shopping unless some of them were let in before a restart: their time ends by itself.
  [[nodiscard]] std::optional<instant> next_admission(instant now) const;

  /// Somebody's shopping ended: bought, left, or the pass ran out. Makes room under `max_shopping`.
  void stop_shopping(const buyer_id& buyer);

  [[nodiscard]] std::optional<queue_place> place_of(const buyer_id& buyer) const;

  struct figures {
    std::uint64_t joined = 0;   ///< the last number given out
    std::uint64_t serving = 0;  ///< the highest number that was let in: everybody up to here has been called
    std::uint64_t waiting = 0;  ///< people with a number who are not in yet
    std::uint64_t present = 0;  ///< those of them who are there
    std::uint64_t admitted = 0; ///< ever, since the start of this object
    std::uint64_t shopping = 0; ///< with those who were let in before a restart and whose passes may last
  };
  [[nodiscard]] figures totals() const;
  [[nodiscard]] queue_pace pace() const;
  /// The line in outline, for gateways. O(numbers / 64).
  [[nodiscard]] line_outline outline() const;

private:
  // The table finds people by the name that each person object holds.
  struct name_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
    std::size_t operator()(const waiting_person::pointer& x) const noexcept { return (*this)(x->buyer()); }
  };
  struct same_name {
    using is_transparent = void;
    bool operator()(const waiting_person::pointer& a, const waiting_person::pointer& b) const noexcept {
      return a->buyer() == b->buyer();
    }
    bool operator()(std::string_view a, const waiting_person::pointer& b) const noexcept { return a == b->buyer(); }
    bool operator()(const waiting_person::pointer& a, std::string_view b) const noexcept { return a->buyer() == b; }
  };

  /// Null when the buyer is unknown here.
  [[nodiscard]] waiting_person* find(const buyer_id& buyer) const;
  /// Makes a new person known; null when the room is full.
  waiting_person* add(const buyer_id& buyer);
  [[nodiscard]] std::uint64_t shopping() const noexcept { return shopping_ + turns_.inside_from_before(); }
  [[nodiscard]] bool has_room() const noexcept;
  /// Ends the replay, if it is not over yet.
  void begin();
  void put_in_line(waiting_person& person, queue_number number);
  void give_up_place(const waiting_person& person);
  void note_presence(waiting_person& person);
  /// The person goes in, or is back inside; 0 while nobody but the room knows.
  void put_inside(waiting_person& person, std::uint32_t until_s);
  /// Marks as absent those whose presence, shown by asking, has run out.
  void drop_absent(instant now);
  void remember_expired(const buyer_id& buyer);
  /// Removes the person who expired first; false when there is none.
  bool forget_expired();
  /// Removes the last of those who are not there: their number stays good. False when all are there.
  bool forget_absent();

  limits limits_;
  admission_rate rate_;
  bool paused_ = false;

  bool begun_ = false;         ///< no longer replaying
  std::uint64_t reserved_ = 0; ///< numbers up to here may be given out
  std::uint64_t last_ = 0;     ///< the last number given out

  boost::unordered_flat_set<waiting_person::pointer, name_hash, same_name> people_;
  waiting_line line_;
  taken_turns turns_;
  std::map<std::uint32_t, std::vector<queue_number>> asked_until_; ///< by second: who is there at least until then
  std::deque<buyer_id> expired_;                                   ///< the longest expired first
  std::uint64_t admitted_ = 0;
  std::uint64_t shopping_ = 0; ///< of those whom this object let in, or who came back to it
};

} // namespace usher::domain
