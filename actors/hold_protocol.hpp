#pragma once

#include "actors/section_answers.hpp"
#include "actors/section_once_durable.hpp"
#include "actors/shared_epoch.hpp"
#include "domain/allowances.hpp"
#include "domain/ended_holds.hpp"
#include "domain/event.hpp"
#include "domain/order.hpp"
#include "domain/section.hpp"
#include "messages/type_ids.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// clang-format off
/// What an event and its sections say to each other about holds.
///
/// The section says what is held. The event says who may hold how much: it counts each buyer's seats over all sections,
/// takes them from the buyer's allowance before a section decides, and lets them count until it hears that they are not
/// held. It never waits for an answer about a hold in one section, which goes to the buyer and past the event.
///
/// A part is a hold's seats in one section. How the event sees it (`event_side`):
///
/// | state    | counts | what it means                              | goes on when                                          |
/// |----------|--------|--------------------------------------------|-------------------------------------------------------|
/// | unknown  | no     | nothing of it is known                     | a wish is passed on: asked; claimed: held             |
/// | asked    | yes    | attempt a is on its way, or answered       | `allowance_back` of a or a later one, a refusal, or   |
/// |          |        |                                            | not claimed after a: unknown; outcome unknown: undoing|
/// | held     | yes    | granted or claimed                         | `allowance_back`, or no longer claimed: unknown       |
/// | undoing  | yes    | perhaps held, and promised to nobody       | released: unknown; not released for good, or its time |
/// |          |        |                                            | is over: held, until it is no longer claimed          |
/// | paid for | yes    | the section has let go of it, and an order | confirmed: owned; the payment ends otherwise: unknown |
/// |          |        | may yet be paid                            |                                                       |
/// | owned    | yes    | sold                                       | the order is undone: unknown                          |
///
/// "Asked" and "held" look the same for a hold in one section. A whole hold is granted when all its parts are; if one
/// is refused, the others are undone.
///
/// How its section sees a hold (`section_side`):
///
/// | state    | what it means                              | goes on when                                                   |
/// |----------|--------------------------------------------|----------------------------------------------------------------|
/// | nothing  | not held here                              | decided; refused: `allowance_back` of this attempt, unless the |
/// |          |                                            | hold is here or sold                                           |
/// | decided  | its fact is on its way to the journal      | durable: held; not written: in doubt                           |
/// | held     | its buyer may be told                      | let go of                                                      |
/// | let go   | its end is on its way to the journal       | durable: nothing, with `allowance_back` of all attempts;       |
/// |          |                                            | not written: in doubt                                          |
/// | in doubt | the journal has it, or has not             | reread: held, or nothing, with the `allowance_back` that was   |
/// |          |                                            | due; then `section_opened`, as the event may have taken an end |
/// |          |                                            | for certain                                                    |
///
/// A section that nobody serves is closed: its event hears that from the keeper, refuses wishes for it before they count,
/// and asks for its claims, at growing intervals, until somebody answers.
///
/// What is lost on the way leaves a part asked for ever, or a hold that the event does not know. So a section that was
/// started or claimed anew, or that was out of reach, is asked for its claims. They are exact if messages keep their
/// order: wishes that were sent before the question were decided before its answer, or are lost. Then every buyer can
/// take exactly the rest of their limit, and what nobody was promised is free when its time is over.
// clang-format on
namespace usher::actors {

/// How many seats a wish takes from its buyer's allowance.
[[nodiscard]] std::uint32_t quantity_of(const domain::wish& wanted);

/// A hold's seats in one section.
struct known_part {
  domain::section_no section;
  std::uint32_t seats = 0;
  messages::attempt last{}; ///< newest attempt to have the section hold it
};

/// Whose a hold is, and how many seats it has where.
struct known_hold {
  domain::buyer_id buyer;
  std::vector<known_part> parts;
  std::uint64_t wish_digest = 0; ///< of the wish that led to it; 0: no longer known

  [[nodiscard]] bool has_part_in(domain::section_no section) const;
};

/// Adds another section's part of the same hold, in the order of the sections. The earliest deadline is what is
/// promised: after a restart in the middle of a hold its parts may differ.
void add_part(messages::hold_granted& whole, const messages::hold_granted& part);

/// What the event's side wants asked. Each question is answered once, later, by the function of `event_side` that is
/// named.
class hold_port {
public:
  virtual ~hold_port() = default;

  /// Answered by `granted` or `refused`.
  virtual void ask_to_hold(domain::section_no section, messages::hold_in_section wish) = 0;
  /// Asks after `wait`. Answered by `released` or `not_released`.
  virtual void ask_to_release(domain::section_no section, const messages::release_hold& wish,
                              std::chrono::milliseconds wait) = 0;
  /// Answered by `claims` or `no_claims`.
  virtual void ask_for_claims(domain::section_no section, std::uint64_t question) = 0;
  /// After a while, answered by `ask_again`.
  virtual void wait_for_claims(domain::section_no section, std::uint64_t question) = 0;

  /// Answers whoever asked for a hold over several sections, or for the best places.
  virtual void answer(domain::hold_id hold, std::variant<messages::hold_granted, domain::refusal> what) = 0;
  /// The section that was asked last has no such places: answered by `search_in` or `give_up`.
  virtual void search_on(domain::hold_id hold, const domain::refusal& why) = 0;
  /// Nothing of an open request is left to do.
  virtual void request_over() = 0;
};

/// The event's side: every part that counts, and the open requests.
class event_side {
public:
  /// `event` has the orders, and `durable` says how many seats a buyer may have: a limit that is only decided may come
  /// to nothing. Both must outlive this object, like `port`; `as_of` is the event's epoch.
  /// `retry` is the time before a section is asked again to let go of something; it doubles each time.
  event_side(hold_port& port, const domain::event& event, const domain::event_settings& durable, shared_epoch as_of,
             std::chrono::milliseconds retry = std::chrono::milliseconds{250});

  // ---- wishes ----

  /// The hold with this id, or null.
  [[nodiscard]] const known_hold* find(domain::hold_id hold) const;
  /// The holds that count for a buyer, without those that are being searched for or undone; by id.
  [[nodiscard]] std::vector<domain::hold_id> holds_of(const domain::buyer_id& buyer) const;
  /// Whether a hold that was searched for has ended, as far as is remembered.
  [[nodiscard]] bool has_ended(domain::hold_id hold) const { return ended_.contains(hold); }
  /// Why this wish cannot repeat the hold that is known by its id, if any: a key is for one wish of one buyer.
  [[nodiscard]] std::optional<domain::refusal> refusal_of_another(const messages::hold_seats& wish) const;
  /// What to answer to a wish for a hold that is being asked for or undone; none for any other.
  [[nodiscard]] std::optional<domain::refusal> refusal_of_open(domain::hold_id hold) const;
  /// How many holds are being asked for or undone.
  [[nodiscard]] std::size_t open() const noexcept { return open_.size() + undoing_.size(); }

  /// A hold in one section: the caller passes it on under this attempt, and its answer bypasses the event. Or why not.
  [[nodiscard]] std::variant<messages::attempt, domain::refusal>
  pass_on(const messages::hold_seats& wish, domain::section_no section, std::uint32_t quantity);
  /// A hold over several sections: asks all of them, and answers when all have answered. Returns why not, if it cannot.
  /// Its parts run out at `until`. Requires that the hold is not open.
  [[nodiscard]] std::optional<domain::refusal> spread(const messages::hold_seats& wish, domain::instant until);
  /// A search for the best places: `search_in` and `give_up` follow. Returns why not, if it cannot. Requires that the
  /// hold is not open.
  [[nodiscard]] std::optional<domain::refusal> search(const messages::hold_seats& wish, std::uint32_t quantity);
  /// Asks a section for the places. `wish` needs no attempt; they run out at `until` at the latest.
  void search_in(domain::section_no section, messages::hold_in_section wish, domain::instant until);
  /// The places are nowhere.
  void give_up(domain::hold_id hold, domain::refusal why);

  // ---- what sections answer ----

  void granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part);
  void refused(domain::hold_id hold, domain::section_no section, domain::refusal why);
  void released(domain::hold_id hold, domain::section_no section);
  /// Asks again, until it is `now` too late for there to be anything.
  void not_released(domain::hold_id hold, domain::section_no section, const domain::refusal& why, domain::instant now);
  /// Notes a section's news that a part no longer counts there.
  void give_back(const messages::allowance_back& news);

  // ---- what sections claim ----

  /// Asks all sections, from number 0, for their claims.
  void meet_sections(std::size_t count);
  /// Whether every section has answered once. Before that no wish is to be passed on.
  [[nodiscard]] bool ready() const noexcept { return !sections_.empty() && known_sections_ == sections_.size(); }
  /// The sections that have not answered once, in order.
  [[nodiscard]] std::vector<domain::section_no> silent_sections() const;
  /// A section was started or claimed anew. Asks it, unless that has been done: then false.
  bool opened(const messages::section_opened& news);
  /// Nobody serves a section. It is asked until somebody does.
  void closed(domain::section_no section);
  /// Whether no wish is to be passed on to a section, as nobody serves it.
  [[nodiscard]] bool is_closed(domain::section_no section) const { return sections_.at(section.value()).is_closed; }
  /// What was sent to a section, or by it, may be lost: asks it.
  void lost_touch(domain::section_no section) { ask_claims(section); }
  /// Takes the section's word, if this answers the newest question, and no newer actor for the section has been heard
  /// of: else false.
  bool claims(std::uint64_t question, const messages::section_claims& all);
  void no_claims(domain::section_no section, std::uint64_t question);
  void ask_again(domain::section_no section, std::uint64_t question);

  // ---- orders ----

  /// Counts an order's seats for its buyer, even if the hold had ended before.
  void note_owned(const domain::order_started& order);
  /// Forgets a hold of which nothing is held or owned any more.
  void forget(domain::hold_id hold);
  /// Notes that no order pays for the hold any more: it counts only where it still is.
  void payment_ended(domain::hold_id hold);
  /// The same for every hold that no order pays for any more, e.g. because its order turned out not to be written.
  void count_payments_again();

  /// How many seats count for a buyer.
  [[nodiscard]] std::uint32_t taken_by(const domain::buyer_id& buyer) const { return allowances_.taken_by(buyer); }

private:
  /// A hold that sections have been asked for.
  struct open_hold {
    messages::release_hold undo; ///< how to release it
    section_answers<messages::hold_granted> answers;
    domain::instant until{};  ///< when its parts run out
    bool is_search = false;   ///< one section is asked at a time, and its places counted when it has granted them
    bool is_repeated = false; ///< the hold was known before this request
    std::uint32_t quantity = 0;
    std::uint64_t wish_digest = 0;
  };
  /// A hold that is refused as a whole, and may be held in part.
  struct undone_hold {
    messages::release_hold undo;
    domain::refusal why;
    domain::instant until;
    std::size_t parts = 0;
    std::chrono::milliseconds wait; ///< before the next try
  };
  /// What is known of a section's claims.
  struct section_standing {
    std::uint64_t question = 0;                  ///< the newest one
    std::optional<messages::attempt> asked_at{}; ///< the newest attempt when that was put, until it is answered
    domain::epoch epoch{};                       ///< the section's, the highest that has been heard of
    bool is_known = false;                       ///< it has answered
    bool waits_to_ask = false;                   ///< nobody answered the newest question, which is put again later
    bool is_closed = false;                      ///< nobody serves it, or has answered since
  };

  [[nodiscard]] messages::attempt last_attempt() const { return {as_of_.get(), attempts_}; }
  [[nodiscard]] messages::attempt next_attempt() { return {as_of_.get(), ++attempts_}; }
  [[nodiscard]] std::optional<domain::refusal> add_parts(known_hold& known, const known_hold& wanted, bool& added);
  void finish(domain::hold_id hold);
  void undo(open_hold open, const std::vector<domain::section_no>& sections, domain::refusal why);
  void part_over(domain::hold_id hold);
  void ask_claims(domain::section_no section);
  void forget_unclaimed(const messages::section_claims& all, messages::attempt upto);
  void add_claim(domain::hold_id hold, const domain::buyer_id& buyer, domain::section_no section, std::uint32_t seats);
  void count_orders_under_way();
  void note_end_while_paid_for(const messages::allowance_back& news);
  void forget_part(domain::hold_id hold, domain::section_no section, std::optional<messages::attempt> attempt = {});
  void count_again(domain::hold_id hold);
  [[nodiscard]] bool is_searched(domain::hold_id hold) const;

  /// How many ended holds are remembered, for repeats of a search for the best places.
  static constexpr std::size_t ended_holds_max = 10'000;

  hold_port& port_;
  const domain::event& event_;
  const domain::event_settings& durable_;
  shared_epoch as_of_;
  std::chrono::milliseconds retry_;
  std::uint64_t attempts_ = 0;
  domain::allowances allowances_;
  boost::unordered_flat_map<domain::hold_id, known_hold, std::hash<domain::hold_id>> known_;
  std::unordered_map<domain::hold_id, open_hold> open_;
  std::unordered_map<domain::hold_id, undone_hold> undoing_;
  domain::ended_holds ended_{ended_holds_max};
  /// Where holds have ended that are being paid for: if the money comes, their seats are sold if they are still free,
  /// so they count until then.
  std::unordered_map<domain::hold_id, std::vector<messages::allowance_back>> ended_while_paid_for_;
  std::vector<section_standing> sections_; ///< by number
  std::size_t known_sections_ = 0;
};

/// A section's side: whom it listens to, and what its event has to hear. What it returns is to be sent.
class section_side {
public:
  using news = std::optional<messages::allowance_back>;

  /// `section` is what is decided, durable or not, and must outlive this object. `event_epoch` is the epoch of the
  /// latest event that is known.
  section_side(const domain::section& section, domain::epoch event_epoch);

  /// Whether a message that carries this epoch is from an event that has been replaced.
  [[nodiscard]] bool outdates(domain::epoch as_of) noexcept { return latest_event_.outdates(as_of); }

  /// An attempt was refused.
  [[nodiscard]] news refused(domain::hold_id hold, messages::attempt attempt, domain::rejection why) const;
  /// It is durable that a hold has ended. False if that is not to be told: its buyer, who had been told that nothing is
  /// held, asked once more before, and what counts is the present hold.
  [[nodiscard]] bool is_over(const end_of_hold& end) const;
  /// What follows from an end that `is_over`.
  [[nodiscard]] messages::allowance_back after(const end_of_hold& end) const { return {section_.number(), end.hold}; }

  // ---- doubt ----

  /// It is unknown whether the end of a hold was written.
  void doubt(end_of_hold end) { doubted_ends_.push_back(std::move(end)); }
  /// Whether that is unknown of this hold's end.
  [[nodiscard]] bool doubts_end_of(domain::hold_id hold) const;
  /// The section is what the journal says: the ends that were written after all.
  [[nodiscard]] std::vector<end_of_hold> take_ends_after_all();

  /// How a request whose outcome was in doubt is answered, now that the section is what the journal says.
  enum class outcome : std::uint8_t {
    held,        ///< with the hold
    let_go,      ///< with nothing: it was released
    over,        ///< it is over by now
    not_written, ///< as unavailable: nothing came of it
  };
  [[nodiscard]] outcome outcome_of(const section_once_durable& asked) const;
  /// What the event hears of an outcome.
  [[nodiscard]] news after(const section_once_durable& asked, outcome what) const;

private:
  /// Whether a hold's seats count for its buyer although this wish for it was refused: the hold is here, or has become
  /// a sale.
  [[nodiscard]] bool counts_here(domain::hold_id hold, domain::rejection why) const;

  const domain::section& section_;
  latest_event latest_event_;
  std::vector<end_of_hold> doubted_ends_;
};

} // namespace usher::actors
