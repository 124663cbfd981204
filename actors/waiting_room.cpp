#include "actors/waiting_room.hpp"

#include "actors/awaited_rest.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/entrance_numbers.hpp"
#include "actors/room_news.hpp"
#include "actors/shared_epoch.hpp"
#include "domain/bounded_by_end.hpp"
#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace usher::actors {
namespace {

using domain::rejection;
using messages::to_error;

/// What follows when a waiting room's fact is durable: there are new numbers to give out, or people are let in.
struct room_consequence {
  std::optional<domain::numbers_reserved> numbers{};
  std::optional<domain::turns_taken> turns{};
};

/// Somebody who waits for the next block of numbers to be durable.
struct waiting_join {
  messages::join_queue wish;
  messages::gateway_actor where;
  caf::response_promise asker;
};

/// Serves one event's waiting room.
///
/// Unlike a section, which applies facts at once, it applies them only when they are durable: until then nobody may
/// have one of the numbers, and nobody hears that they may go in. So there is nothing to take back when a write fails.
class waiting_room_state {
public:
  using self_pointer = messages::waiting_room_actor::pointer_view;
  static inline const char* name = "usher.waiting-room";

  waiting_room_state(self_pointer self, waiting_room_start start)
      : self_(self), event_(std::move(start.event)), settings_(start.settings),
        event_actor_(std::move(start.event_actor)), clock_(start.clock), limits_(start.limits),
        latest_event_(start.event_epoch),
        room_(domain::waiting_room::limits{settings_.admission_per_s, settings_.max_shopping, limits_.people_max,
                                           limits_.number_block}),
        port_(self, *this, shard(), std::move(start.journal), std::move(start.keeper)),
        journal_(port_, {shard(), start.history.epoch, start.history.last, start.history.facts.size()},
                 limits_.journal),
        timer_(self_), news_(self_, limits_.between_news, [this] { return movement(); }),
        admitted_count_(
            self->system().metrics().counter_singleton("usher", "people-admitted", "People let in.", "1", true)) {
    replay(start.history.snapshot);
    replay(start.history.facts);
    room_.follow_earlier_room(clock_.now(self_));
    open_or_pause();
  }

  messages::waiting_room_actor::behavior_type make_behavior() {
    self_->set_down_handler([this](const caf::down_msg& gone) { forget(gone.source); });
    snapshot_if_due();
    tell_opened();
    return {
        [this](messages::join_queue& wish, messages::gateway_actor& where) { return join(wish, where); },
        [this](const messages::ask_place& question) { return ask(question); },
        [this](const messages::leave_queue& wish) { leave(wish.buyer); },
        [this](const messages::people_left& news, const messages::gateway_actor& where) { disconnected(news, where); },
        [this](const messages::shopping_ended& news) { end_shopping(news.buyers); },
        [this](const messages::room_settings& wanted) { change(wanted); },
        [this](const messages::count_people&) { return room_.totals(); },
        [this](messages::subscribe, const messages::gateway_actor& who) { subscribe(who); },
        [this](messages::event_reopened) { tell_opened(); },
        [this](messages::stand_down) { return stand_down(); },
        [this](messages::carry_on) { carry_on(); },
        [this](messages::deadline_reached) { work(); },
        [this](const messages::facts_durable& mark) { durable(mark); },
        [this](const messages::append_failed& failure) { failed(failure); },
    };
  }

  [[nodiscard]] shard_journal<room_consequence>& journal() noexcept { return journal_; }

  /// The shard was in doubt and has been claimed anew. Whoever is in the room stays there; blocks of numbers that were
  /// written after all are used.
  void rebuild(messages::shard_reclaimed& history) {
    if (!journal_.reclaimed(history))
      return;
    failpoint::reached("waiting-room.rebuilding");
    use_unknown(history.snapshot);
    use_unknown(history.facts);
    open_or_pause();
    reserve_ahead();
    write_turns(clock_.now(self_));
    note_change();
    tell_at_rest();
  }

private:
  // ---- people ----

  caf::result<domain::queue_place> join(messages::join_queue& wish, messages::gateway_actor& where) {
    if (closed())
      return closed_place();
    if (must_wait(wish))
      return wait_for_numbers(wish, where);
    return seat(wish, where);
  }

  /// True for somebody who needs a new number when no durable one is left.
  [[nodiscard]] bool must_wait(const messages::join_queue& wish) const {
    if (wish.number || room_.totals().joined < reserved_)
      return false;
    auto place = room_.place_of(wish.buyer);
    return !place || place->state == domain::queue_state::expired;
  }

  caf::result<domain::queue_place> wait_for_numbers(messages::join_queue& wish, messages::gateway_actor& where) {
    if (journal_.standing() != shard_standing::writing)
      return to_error(rejection::store_unavailable);
    if (joins_.size() >= limits_.waiting_joins_max || journal_.standing_down())
      return to_error(rejection::overloaded);
    joins_.push_back({std::move(wish), std::move(where), self_->make_response_promise()});
    reserve_ahead();
    return joins_.back().asker;
  }

  /// Gives a person their place in the queue.
  caf::expected<domain::queue_place> seat(const messages::join_queue& wish, const messages::gateway_actor& where) {
    auto now = clock_.now(self_);
    auto joined_before = room_.totals().joined;
    auto number = wish.number ? room_.rejoin(wish.buyer, *wish.number, now) : room_.join(wish.buyer, now);
    if (auto* no = std::get_if<domain::refusal>(&number))
      return to_error(*no);
    if (wish.connected)
      room_.connected(wish.buyer, entrance_of(where));
    else
      room_.touch(wish.buyer, now, limits_.presence);
    reserve_ahead();
    note_change();
    auto place = place_of(wish.buyer);
    if (place)
      place->is_new = room_.totals().joined != joined_before;
    return place;
  }

  caf::result<domain::queue_place> ask(const messages::ask_place& question) {
    if (closed())
      return closed_place();
    auto now = clock_.now(self_);
    if (!room_.place_of(question.buyer)) {
      if (!question.number)
        return to_error(rejection::not_found);
      auto number = room_.rejoin(question.buyer, *question.number, now);
      if (auto* no = std::get_if<domain::refusal>(&number))
        return to_error(*no);
    }
    room_.touch(question.buyer, now, limits_.presence);
    note_change();
    return place_of(question.buyer);
  }

  caf::expected<domain::queue_place> place_of(const domain::buyer_id& buyer) {
    auto place = room_.place_of(buyer);
    if (!place)
      return to_error(rejection::not_found);
    if (place->state == domain::queue_state::waiting)
      place->state = state_of_line();
    if (place->pass_until) // perhaps they are back inside after a restart
      shopping_.put(buyer, *place->pass_until);
    return *place;
  }

  void leave(const domain::buyer_id& buyer) {
    std::erase_if(joins_, [&](auto& join) {
      if (join.wish.buyer != buyer)
        return false;
      join.asker.deliver(to_error(rejection::not_found));
      return true;
    });
    auto place = room_.place_of(buyer);
    room_.leave(buyer);
    if (place && place->state != domain::queue_state::expired)
      news_.tell(messages::place_given_up{event_, buyer, place->number, place->pass_until});
    shopping_.erase(buyer);
    note_change();
  }

  [[nodiscard]] std::size_t entrance_of(const messages::gateway_actor& gateway) {
    auto found = entrances_.of(gateway.address());
    if (found.is_new)
      self_->monitor(gateway);
    return found.entrance;
  }

  void disconnected(const messages::people_left& news, const messages::gateway_actor& where) {
    auto entrance = entrance_of(where);
    for (const auto& buyer : news.buyers)
      room_.disconnected(buyer, entrance);
    for (auto& join : joins_)
      if (join.where == where
          && std::find(news.buyers.begin(), news.buyers.end(), join.wish.buyer) != news.buyers.end())
        join.wish.connected = false;
    note_change();
  }

  /// A gateway is gone, and with it its people's connections.
  void forget(const caf::actor_addr& gateway) {
    news_.forget(gateway);
    if (auto entrance = entrances_.close(gateway)) {
      room_.close_entrance(*entrance);
      note_change();
    }
  }

  void end_shopping(const std::vector<domain::buyer_id>& buyers) {
    for (const auto& buyer : buyers) {
      room_.stop_shopping(buyer);
      shopping_.erase(buyer);
    }
    note_change();
  }

  // ---- settings ----

  void change(const messages::room_settings& wanted) {
    if (latest_event_.outdates(wanted.as_of))
      return;
    if (wanted.admission_per_s != settings_.admission_per_s || wanted.max_shopping != settings_.max_shopping)
      room_.change(wanted.admission_per_s, wanted.max_shopping);
    auto is_news = wanted.state != settings_.state || wanted.few_left != settings_.few_left;
    settings_ = wanted;
    open_or_pause();
    if (closed())
      for (auto& join : std::exchange(joins_, {}))
        join.asker.deliver(closed_place());
    if (is_news)
      news_.tell_at_once();
    note_change();
  }

  /// People are let in only while the sale is open, facts can be written down, and nobody else is about to do it.
  void open_or_pause() {
    room_.pause(settings_.state != domain::event_state::open || journal_.standing() != shard_standing::writing
                || journal_.standing_down());
  }

  [[nodiscard]] bool closed() const { return settings_.state == domain::event_state::closed; }

  [[nodiscard]] static domain::queue_place closed_place() {
    domain::queue_place place;
    place.state = domain::queue_state::closed;
    return place;
  }

  // ---- admission ----

  /// What the one timer is for: ends passes that have run out and lets in whoever may enter.
  void work() {
    auto now = clock_.now(self_);
    timer_.rang(now);
    for (const auto& buyer : shopping_.take_ended(now))
      room_.stop_shopping(buyer);
    if (now >= admit_after_ && entering_.empty())
      admit(now);
    note_change();
  }

  /// Chooses who goes in next. The ones after them are chosen when the turns of these are durable: so the rate is kept
  /// by those who hear of it, however long a write takes; and nobody goes in who could hold nothing.
  void admit(domain::instant now) {
    entering_ = room_.admit(now);
    admit_after_ = now + limits_.between_admissions;
    write_turns(now);
  }

  void write_turns(domain::instant now) {
    if (entering_.empty())
      return;
    auto turns = room_.turns_to_write(std::chrono::floor<domain::seconds>(now + limits_.pass_ttl));
    if (failpoint::planted("admission_not_journaled"))
      return let_in(*turns);
    write(*turns, {.turns = turns});
  }

  /// It is durable that these had their turn.
  void let_in(const domain::turns_taken& turns) {
    room_.apply(turns);
    auto people = room_.let_in(std::exchange(entering_, {}), clock_.now(self_), turns.inside_until);
    for (const auto& person : people)
      shopping_.put(person.buyer, turns.inside_until);
    admitted_count_->inc(static_cast<std::int64_t>(people.size()));
    if (!people.empty())
      news_.tell(messages::people_admitted{event_, std::move(people), turns.inside_until});
    note_change();
  }

  void arm_timer() {
    auto now = clock_.now(self_);
    auto next = shopping_.next_end();
    // While turns are being written, the next admission waits for that, not for the time.
    if (auto admission = entering_.empty() ? room_.next_admission(now) : std::nullopt) {
      auto due = std::max(*admission, admit_after_);
      next = next ? std::min(*next, due) : due;
    }
    if (next)
      timer_.wake_at(*next, now);
  }

  // ---- the journal ----

  /// Has the next block of numbers written when half of the last one is given out, so that hardly anybody waits for it.
  void reserve_ahead() {
    if (reserving_ || journal_.obstacle())
      return;
    if (auto block = room_.numbers_needed()) {
      if (failpoint::planted("number_block_reused"))
        return use(*block);
      reserving_ = true;
      write(*block, {.numbers = block});
    }
  }

  void write(domain::fact fact, room_consequence after) {
    journal_.write(std::move(fact), clock_.now(self_), after);
    failpoint::reached("waiting-room.before-append");
    journal_.flush(); // facts are few here: nothing to collect
  }

  void durable(const messages::facts_durable& mark) {
    failpoint::reached("waiting-room.before-answer");
    journal_.durable(mark, [this](room_consequence& after) {
      if (after.numbers)
        use(*after.numbers);
      if (after.turns)
        let_in(*after.turns);
    });
    snapshot_if_due();
    tell_at_rest();
  }

  void snapshot_if_due() {
    // What is in flight would be covered by the snapshot but not in it: numbers and turns would be given out twice.
    if (journal_.snapshot_due() && !reserving_ && entering_.empty())
      journal_.take_snapshot(room_.snapshot());
  }

  /// New numbers are durable: gives them to those who wait.
  void use(const domain::numbers_reserved& numbers) {
    reserving_ = false;
    room_.apply(numbers);
    reserved_ = numbers.up_to.value();
    auto joins = std::exchange(joins_, {});
    for (auto& join : joins) {
      if (must_wait(join.wish))
        joins_.push_back(std::move(join));
      else
        join.asker.deliver(seat(join.wish, join.where));
    }
    if (journal_.standing_down()) // there will be no further numbers here
      for (auto& join : std::exchange(joins_, {}))
        join.asker.deliver(to_error(rejection::overloaded));
    if (!joins_.empty())
      reserve_ahead();
  }

  void failed(const messages::append_failed& failure) {
    journal_.failed(failure, [this](room_consequence& after) {
      if (!after.numbers)
        return;
      reserving_ = false;
      for (auto& join : std::exchange(joins_, {}))
        join.asker.deliver(to_error(rejection::store_unavailable));
    });
    open_or_pause();
  }

  /// Replays what an earlier owner of this shard wrote.
  void replay(const std::vector<domain::fact>& facts) {
    for (const auto& fact : facts) {
      room_.apply(fact);
      if (auto* numbers = std::get_if<domain::numbers_reserved>(&fact))
        reserved_ = numbers->up_to.value();
    }
  }

  /// Uses the blocks that were written by this shard without its knowing.
  void use_unknown(const std::vector<domain::fact>& facts) {
    for (const auto& fact : facts)
      if (auto* numbers = std::get_if<domain::numbers_reserved>(&fact))
        if (numbers->up_to.value() > reserved_)
          use(*numbers);
  }

  // ---- another actor for this shard ----

  caf::result<void> stand_down() {
    journal_.stand_down();
    open_or_pause();
    auto asker = rest_.await(self_->make_response_promise());
    tell_at_rest();
    return asker;
  }

  /// What is being written answers those who wait for it: then nobody waits here any more.
  void tell_at_rest() {
    if (journal_.settled())
      rest_.reached();
  }

  /// The event sends its settings then.
  void tell_opened() {
    if (event_actor_)
      self_->send(event_actor_, messages::room_opened{journal_.epoch()});
  }

  void carry_on() {
    journal_.carry_on();
    rest_.given_up();
    tell_opened(); // settings that were sent meanwhile may have been dropped
    open_or_pause();
    reserve_ahead();
    note_change();
  }

  // ---- telling ----

  /// Something moved: the timer may be due at another time, and people want to know.
  void note_change() {
    arm_timer();
    news_.tell_soon();
  }

  [[nodiscard]] messages::queue_moved movement() const {
    return {event_, state_of_line(), room_.pace(), room_.outline(), settings_.few_left};
  }

  /// What those who are in line are told.
  [[nodiscard]] domain::queue_state state_of_line() const {
    switch (settings_.state) {
      case domain::event_state::draw:
        return domain::queue_state::drawing;
      case domain::event_state::sold_out:
        return domain::queue_state::sold_out;
      case domain::event_state::closed:
        return domain::queue_state::closed;
      default:
        return domain::queue_state::waiting;
    }
  }

  void subscribe(const messages::gateway_actor& who) {
    news_.subscribe(who);
    note_change();
  }

  [[nodiscard]] domain::shard_id shard() const { return {domain::shard_kind::waiting_room, event_, {}}; }

  self_pointer self_;
  domain::event_id event_;
  messages::room_settings settings_;
  messages::event_actor event_actor_;
  store_clock clock_;
  waiting_room_limits limits_;

  latest_event latest_event_;
  domain::waiting_room room_;
  actor_port<self_pointer, waiting_room_state> port_;
  shard_journal<room_consequence> journal_;
  std::uint64_t reserved_ = 0; ///< numbers up to here are durable
  bool reserving_ = false;     ///< the next block is being written
  std::vector<waiting_join> joins_;
  awaited_rest rest_;
  entrance_numbers entrances_;

  std::vector<domain::waiting_room::admitted> entering_; ///< chosen to go in; it is not durable yet
  domain::bounded_by_end<domain::buyer_id> shopping_;    ///< those inside, and until when their passes last
  domain::instant admit_after_;
  deadline_timer<messages::waiting_room_actor> timer_;

  room_news news_;
  caf::telemetry::int_counter* admitted_count_;
};

using waiting_room_actor = messages::waiting_room_actor::stateful_impl<waiting_room_state>;

} // namespace

messages::waiting_room_actor spawn_waiting_room(caf::actor_system& system, waiting_room_start start) {
  return system.spawn<waiting_room_actor>(std::move(start));
}

} // namespace usher::actors
