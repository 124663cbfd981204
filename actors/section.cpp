#include "actors/section.hpp"

#include "actors/awaited_rest.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/hold_protocol.hpp"
#include "actors/section_counters.hpp"
#include "actors/section_news.hpp"
#include "actors/section_once_durable.hpp"
#include "domain/replay.hpp"
#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace usher::actors {
namespace {

using domain::rejection;
using messages::to_error;

/// Serves one section: message in, decision, fact to the journal, reply out.
class section_state {
public:
  using self_pointer = messages::section_actor::pointer_view;
  static inline const char* name = "usher.section";

  section_state(self_pointer self, section_start start, domain::section section)
      : self_(self), event_(std::move(start.event)), plan_(std::move(start.plan)), number_(start.number),
        terms_(std::move(start.terms)), event_actor_(std::move(start.event_actor)), clock_(start.clock),
        limits_(start.limits), section_(std::move(section)), protocol_(section_, start.event_epoch),
        news_(self, event_, section_, start.history.epoch, event_actor_, limits_.between_news),
        port_(self, *this, shard(), std::move(start.journal), std::move(start.keeper)),
        journal_(port_, {shard(), start.history.epoch, start.history.last, start.history.facts.size()},
                 limits_.journal),
        timer_(self), counters_(self->system().metrics()) {}

  messages::section_actor::behavior_type make_behavior() {
    self_->set_down_handler([this](const caf::down_msg& gone) { news_.forget(gone.source); });
    news_.tell_opened();
    resumed_at_ = clock_.now(self_);
    arm_timer(resumed_at_);
    snapshot_if_due();
    return {
        // Matched from top to bottom: messages that come with every hold are first.
        [this](messages::hold_in_section& wish) { return hold(wish); },
        [this](messages::flush) { hand_over(); },
        [this](const messages::facts_durable& mark) { durable(mark); },
        [this](const messages::release_hold& wish) { return release(wish); },
        [this](const messages::find_hold& question) { return find(question); },
        [this](const messages::start_payment& wish) { return start_payment(wish); },
        [this](const messages::stop_payment& wish) { return stop_payment(wish); },
        [this](const messages::sell_seats& wish) { return sell(wish); },
        [this](const messages::take_back_seats& wish) { return take_back(wish); },
        [this](const messages::block_in_section& wish) { return block(wish); },
        [this](const messages::report_section&) { return news_.report(); },
        [this](const messages::read_section&) { return news_.view(); },
        [this](const messages::watch_section&, const messages::gateway_actor& who) { return watch(who); },
        [this](const messages::unwatch_section&, const messages::gateway_actor& who) { news_.unwatch(who); },
        [this](messages::subscribe, const messages::gateway_actor& who) { news_.subscribe(who); },
        [this](const messages::list_claims& question) { return claims(question); },
        [this](messages::list_places) {
          return messages::section_places{number_, section_.standing()};
        },
        [this](messages::terms_changed& wanted) { change(wanted); },
        [this](messages::deadline_reached) { end_overdue_holds(); },
        [this](messages::event_reopened) { news_.tell_opened(); },
        [this](messages::stand_down) { return stand_down(); },
        [this](messages::carry_on) { carry_on(); },
        [this](const messages::append_failed& failure) { failed(failure); },
    };
  }

  [[nodiscard]] shard_journal<section_once_durable>& journal() noexcept { return journal_; }

  /// The shard was in doubt and has been claimed anew: what `history` says is true.
  void rebuild(messages::shard_reclaimed& history) {
    if (!journal_.reclaimed(history))
      return;
    section_ = domain::replay(domain::section{plan_, number_}, history.snapshot, history.facts);
    news_.show(section_, journal_.epoch());
    failpoint::reached("section.rebuilding");
    for (const auto& end : protocol_.take_ends_after_all())
      tell(end);
    resumed_at_ = clock_.now(self_);
    for (auto& after : journal_.take_kept_back())
      answer_by_history(after, resumed_at_);
    journal_.flush();
    arm_timer(resumed_at_);
    news_.tell_opened(); // an end that the event took for certain may not have been written
    news_.tell_soon();
    tell_at_rest();
  }

private:
  using consequence = section_once_durable;

  // ---- holds ----

  caf::result<messages::hold_granted> hold(messages::hold_in_section& wish) {
    if (protocol_.outdates(wish.attempt.event))
      return refuse(wish, {.reason = rejection::moved});
    // Without prices nothing is sold here: the section has not heard from its event yet, or the event was never
    // defined.
    if (terms_.prices.empty())
      return refuse(wish, {.reason = rejection::moved});
    auto now = clock_.now(self_);
    auto until = wish.until.value_or(now + terms_.hold_ttl);
    auto decided = section_.hold(wish.hold, wish.buyer, wish.wanted, wish.wish_digest, terms_, until, now);
    if (domain::repeated(decided))
      return answer_with(wish.hold, wish.attempt);
    if (auto* no = std::get_if<domain::refusal>(&decided))
      return refuse(wish, std::move(*no));
    if (auto obstacle = journal_.obstacle())
      return refuse(wish, {*obstacle, {}, {}, {}});
    auto& fact = std::get<domain::seats_held>(decided);
    section_.apply(fact);
    if (failpoint::planted("answer_before_durable")) {
      write(std::move(fact), now, {consequence::answer::none, {}, wish.hold, wish.attempt});
      return granted(wish.hold);
    }
    write(std::move(fact), now,
          {consequence::answer::granted, self_->make_response_promise(), wish.hold, wish.attempt});
    arm_timer(now);
    return caf::delegated<messages::hold_granted>{}; // the promise answers
  }

  caf::error refuse(const messages::hold_in_section& wish, domain::refusal why) {
    counters_.refused->inc();
    if (log_.should_log(spdlog::level::debug))
      log_.debug("{}{} refuses hold {}: {}", messages::line_start(wish.trace), to_string(shard()),
                 domain::to_hex(wish.hold), domain::sentence(why.reason));
    // While the hold's end is not durable it counts for its buyer: the end may come to nothing, and tells the event
    // else.
    if (why.reason != rejection::hold_expired || !is_ending(wish.hold))
      tell_event(protocol_.refused(wish.hold, wish.attempt, why.reason));
    why.section = number_;
    return to_error(why);
  }

  /// Whether a hold's end has been decided and is not known to be written.
  [[nodiscard]] bool is_ending(domain::hold_id hold) const {
    auto result = protocol_.doubts_end_of(hold);
    journal_.in_flight([&](const consequence& after) {
      result = result || (after.change && after.change->end && after.change->end->hold == hold);
    });
    return result;
  }

  void tell_event(const section_side::news& news) {
    if (news)
      self_->send(event_actor_, *news);
  }

  void tell(const end_of_hold& end) {
    news_.tell(end);
    tell_event(protocol_.after(end));
  }

  /// Answers with a hold that is here, as soon as it is durable.
  caf::result<messages::hold_granted> answer_with(domain::hold_id hold, messages::attempt attempt = {}) {
    if (journal_.settled())
      return granted(hold);
    return after_all<messages::hold_granted>(consequence::answer::granted_again, hold, attempt);
  }

  [[nodiscard]] caf::result<messages::hold_granted> granted(domain::hold_id id) const {
    if (auto* found = section_.find(id))
      return describe(*found, clock_.now(self_));
    return to_error(rejection::hold_expired);
  }

  [[nodiscard]] messages::hold_granted describe(const domain::hold& hold, domain::instant now) const {
    messages::hold_granted result{event_, hold.id, hold.buyer, {}, hold.ends_unpaid(now), now};
    result.sections.push_back({number_, hold.seats});
    return result;
  }

  caf::result<messages::hold_granted> find(const messages::find_hold& question) {
    auto* found = section_.find(question.hold);
    if (found && found->buyer == question.buyer)
      return answer_with(question.hold);
    return to_error(!found && section_.ended(question.hold) ? rejection::hold_expired : rejection::not_found);
  }

  caf::result<void> release(const messages::release_hold& wish) {
    if (wish.as_of && protocol_.outdates(*wish.as_of))
      return to_error(rejection::moved);
    auto as = wish.promised ? domain::hold_end::released : domain::hold_end::unacknowledged;
    auto decided = section_.release(wish.hold, wish.buyer, as);
    if (auto* no = domain::refused(decided))
      return to_error(*no);
    if (domain::repeated(decided))
      return done();
    if (auto obstacle = journal_.obstacle())
      return to_error(*obstacle);
    if (failpoint::planted("release_before_durable")) {
      end_hold(std::get<domain::hold_ended>(decided), {});
      return {};
    }
    auto asker = self_->make_response_promise();
    end_hold(std::get<domain::hold_ended>(decided), asker);
    return asker;
  }

  void end_hold(const domain::hold_ended& fact, caf::response_promise asker) {
    const auto& ending = *section_.find(fact.hold); // until the fact is applied
    section_change change{{ending.seats, domain::to_char(domain::seat_state::free)},
                          end_of_hold{fact.hold, ending.buyer, fact.why}};
    consequence after{asker.pending() ? consequence::answer::done : consequence::answer::none,
                      std::move(asker),
                      fact.hold,
                      {},
                      std::make_unique<section_change>(std::move(change))};
    section_.apply(fact);
    write(fact, clock_.now(self_), std::move(after));
  }

  // ---- deadlines ----

  void end_overdue_holds() {
    auto now = clock_.now(self_);
    timer_.rang(now);
    if (journal_.obstacle())
      return timer_.wake_at(now + patience, now);
    for (const auto& fact : section_.expire(now, limits_.expiries_at_once_max, paying_until()))
      end_hold(fact, {});
    if (failpoint::planted("later_deadlines_forgotten"))
      return;
    arm_timer(now);
  }

  /// Makes sure that the earliest deadline is met.
  void arm_timer(domain::instant now) {
    if (auto next = section_.next_deadline(paying_until()))
      timer_.wake_at(*next, now);
  }

  /// No hold that is being paid for ends before this moment: after an outage its checkout may need as long to be back
  /// and to give it more time.
  [[nodiscard]] domain::instant paying_until() const {
    if (failpoint::planted("paying_hold_expires_on_recovery"))
      return {};
    return resumed_at_ + limits_.paying_grace;
  }

  // ---- sales ----

  caf::result<void> start_payment(const messages::start_payment& wish) {
    if (protocol_.outdates(wish.as_of))
      return to_error(rejection::moved);
    auto now = clock_.now(self_);
    return carry_out(section_.start_payment(wish.hold, wish.buyer, wish.order, now, now + wish.at_least));
  }

  caf::result<void> stop_payment(const messages::stop_payment& wish) {
    if (protocol_.outdates(wish.as_of))
      return to_error(rejection::moved);
    return carry_out(section_.stop_payment(wish.hold, wish.order, clock_.now(self_)));
  }

  caf::result<void> sell(const messages::sell_seats& wish) {
    if (protocol_.outdates(wish.as_of))
      return to_error(rejection::moved);
    return carry_out(section_.sell(wish.hold, wish.order, wish.buyer, wish.seats));
  }

  caf::result<void> take_back(const messages::take_back_seats& wish) {
    if (protocol_.outdates(wish.as_of))
      return to_error(rejection::moved);
    return carry_out(section_.take_back(wish.order, wish.seats));
  }

  caf::result<void> block(const messages::block_in_section& wish) {
    if (protocol_.outdates(wish.as_of))
      return to_error(rejection::moved);
    if (wish.block)
      return carry_out(section_.block(wish.seats, wish.quantity));
    return carry_out(section_.unblock(wish.seats, wish.quantity));
  }

  // ---- the journal ----

  /// Applies what was decided; answered with nothing once it is durable.
  template <class Fact>
  caf::result<void> carry_out(domain::decision<Fact> decided) {
    if (auto* no = std::get_if<domain::refusal>(&decided)) {
      no->section = number_;
      return to_error(*no);
    }
    if (domain::repeated(decided))
      return done();
    if (auto obstacle = journal_.obstacle())
      return to_error(*obstacle);
    auto& fact = std::get<Fact>(decided);
    section_.apply(fact);
    auto asker = self_->make_response_promise();
    auto change = std::make_unique<section_change>(section_change{look_after(fact)});
    auto now = clock_.now(self_);
    write(std::move(fact), now, {consequence::answer::done, asker, {}, {}, std::move(change)});
    arm_timer(now);
    return asker;
  }

  /// Answers a repeat with nothing, once what it repeats is durable.
  caf::result<void> done() {
    if (journal_.settled())
      return {};
    return after_all<void>(consequence::answer::done, {});
  }

  template <class Reply>
  caf::result<Reply> after_all(consequence::answer reply, domain::hold_id hold, messages::attempt attempt = {}) {
    if (reply == consequence::answer::granted_again && journal_.may_keep_back()) {
      // What it repeats may have been written, and is answered by then.
      auto asker = self_->make_response_promise();
      journal_.keep_back({reply, asker, hold, attempt});
      return asker;
    }
    if (auto obstacle = journal_.obstacle())
      return to_error(*obstacle);
    auto asker = self_->make_response_promise();
    journal_.after_all({reply, asker, hold, attempt});
    return asker;
  }

  template <class Fact>
  void write(Fact&& fact, domain::instant now, consequence after) {
    // All that is in the mailbox by now shares one message to the writer.
    if (journal_.write(std::forward<Fact>(fact), now, std::move(after)))
      self_->send(me(), messages::flush{});
  }

  void hand_over() {
    failpoint::reached("section.before-append");
    journal_.flush();
  }

  void durable(const messages::facts_durable& mark) {
    failpoint::reached("section.before-answer");
    auto now = clock_.now(self_);
    journal_.durable(mark, [this, now](consequence& after) { follow(after, now); });
    snapshot_if_due();
    news_.tell_soon();
    tell_at_rest();
  }

  void follow(consequence& after, domain::instant now) {
    if (after.change) {
      news_.show(after.change->look);
      if (after.change->end && protocol_.is_over(*after.change->end))
        tell(*after.change->end);
    }
    switch (after.reply) {
      case consequence::answer::none:
        break;
      case consequence::answer::done:
        after.asker.deliver();
        break;
      case consequence::answer::granted:
        counters_.granted->inc();
        [[fallthrough]];
      case consequence::answer::granted_again:
        if (auto* found = section_.find(after.hold)) {
          news_.show_held(found->seats);
          after.asker.deliver(describe(*found, now));
        } else {
          // It has ended since; its end is told once that is durable.
          after.asker.deliver(to_error(rejection::hold_expired));
        }
    }
  }

  void snapshot_if_due() {
    if (journal_.snapshot_due())
      journal_.take_snapshot(section_.snapshot());
  }

  void failed(const messages::append_failed& failure) {
    journal_.failed(failure, [this](consequence& after) {
      auto about_hold = after.hold != domain::hold_id{} && after.asker.pending();
      if (after.change && after.change->end)
        protocol_.doubt(std::move(*after.change->end));
      if (about_hold && journal_.standing() == shard_standing::in_doubt)
        return journal_.keep_back(std::move(after));
      if (after.reply == consequence::answer::granted)
        tell_event(protocol_.after(after, section_side::outcome::not_written));
      after.asker.deliver(to_error(rejection::store_unavailable));
    });
  }

  /// Answers what was kept back, now that the section is what the journal says.
  void answer_by_history(consequence& after, domain::instant now) {
    auto outcome = protocol_.outcome_of(after);
    tell_event(protocol_.after(after, outcome));
    switch (outcome) {
      case section_side::outcome::held:
        if (after.reply == consequence::answer::granted)
          counters_.granted->inc();
        return after.asker.deliver(describe(*section_.find(after.hold), now));
      case section_side::outcome::let_go:
        return after.asker.deliver();
      case section_side::outcome::over:
        return after.asker.deliver(to_error(rejection::hold_expired));
      case section_side::outcome::not_written:
        return after.asker.deliver(to_error(rejection::store_unavailable));
    }
  }

  // ---- another actor for this shard ----

  caf::result<void> stand_down() {
    journal_.stand_down();
    auto asker = rest_.await(self_->make_response_promise());
    tell_at_rest();
    return asker;
  }

  void tell_at_rest() {
    if (journal_.settled())
      rest_.reached();
  }

  void carry_on() {
    journal_.carry_on();
    rest_.given_up();
    news_.tell_opened(); // what was sent to it meanwhile may have been dropped, such as terms
  }

  // ---- settings ----

  void change(messages::terms_changed& wanted) {
    if (!protocol_.outdates(wanted.as_of))
      terms_ = std::move(wanted.terms);
  }

  // ---- reading ----

  messages::section_view watch(const messages::gateway_actor& who) {
    news_.watch(who);
    return news_.view();
  }

  [[nodiscard]] caf::result<messages::section_claims> claims(const messages::list_claims& question) {
    if (protocol_.outdates(question.as_of))
      return to_error(rejection::moved);
    if (journal_.standing() != shard_standing::writing)
      return to_error(rejection::store_unavailable);
    auto all = section_.claims();
    // Until its end is durable a hold counts: the end may come to nothing.
    journal_.in_flight([&](const consequence& after) {
      if (after.change && after.change->end && !section_.find(after.change->end->hold))
        all.push_back({after.change->end->hold, after.change->end->buyer,
                       static_cast<std::uint32_t>(after.change->look.seats.size())});
    });
    return news_.claims(std::move(all));
  }

  [[nodiscard]] messages::section_actor me() const { return caf::actor_cast<messages::section_actor>(self_.ctrl()); }
  [[nodiscard]] domain::shard_id shard() const { return {domain::shard_kind::section, event_, number_}; }

  /// How long expired holds wait when the journal takes no facts.
  static constexpr domain::microseconds patience{250'000};

  self_pointer self_;
  domain::event_id event_;
  domain::shared_plan plan_;
  domain::section_no number_;
  domain::section_terms terms_;
  messages::event_actor event_actor_;
  store_clock clock_;
  section_limits limits_;

  domain::section section_; ///< as decided, durable or not
  section_side protocol_;   ///< about `section_`
  section_news news_;       ///< as durable

  actor_port<self_pointer, section_state> port_;
  shard_journal<section_once_durable> journal_;
  domain::instant resumed_at_; ///< when the section was last started or claimed anew

  awaited_rest rest_;

  deadline_timer<messages::section_actor> timer_;
  section_counters counters_;
  spdlog::logger& log_ = log::of("actors");
};

using section_actor = messages::section_actor::stateful_impl<section_state>;

} // namespace

messages::section_actor spawn_section(caf::actor_system& system, section_start start) {
  auto section = domain::replay(domain::section{start.plan, start.number}, start.history.snapshot, start.history.facts);
  return system.spawn<section_actor>(std::move(start), std::move(section));
}

} // namespace usher::actors
