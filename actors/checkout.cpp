#include "actors/checkout.hpp"

#include "actors/checkout_sections.hpp"
#include "actors/checkout_ways.hpp"
#include "actors/order_payment.hpp"
#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/disposable.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace usher::actors {

namespace {

using domain::order_state;
using messages::payment_outcome;
using messages::payment_step;
using messages::to_refusal;

/// The reason shown to the order's buyer and to whoever reads the journal.
constexpr const char* cancelled_by_buyer = "Cancelled by the buyer.";

/// Why an order that is undone was undone: an operator's reason stands at the step that began it.
std::string reason_to_undo(const domain::order& order) {
  if (order.visited(order_state::given_up))
    return std::string{domain::ended_by_organiser};
  return order.state() == order_state::cancelling && !order.reason().empty() ? order.reason() : cancelled_by_buyer;
}

/// Carries one order through its saga, by the table of ways: it takes the steps of its state's way, has the event write
/// down the state at its end, and goes on from there. A step that gets no answer, or is not possible yet, is tried
/// again, less and less often.
class checkout_state {
public:
  using self_pointer = messages::checkout_actor::pointer;
  static inline const char* name = "usher.checkout";

  checkout_state(self_pointer self, checkout_start start)
      : self_(self), details_(start.order.details()), state_(start.order.state()),
        event_actor_(std::move(start.event_actor)), timing_(start.timing), trace_(start.trace),
        sections_(self, start.event, details_, std::move(start.parts), start.as_of, timing_.payment_window, trace_),
        payment_(self, std::move(start.provider),
                 {domain::to_hex(details_.order), {details_.total, std::move(start.currency)}, details_.method},
                 timing_.answer_wait),
        name_("order " + start.event.value() + "~" + domain::to_hex(details_.order)),
        line_(messages::line_start(trace_) + name_), cancel_(start.order.visited(order_state::given_up)),
        why_undone_(reason_to_undo(start.order)), may_have_charged_(state_ == order_state::charging),
        retry_(timing_.first_retry), stuck_count_(stuck_orders(self->system())) {}

  ~checkout_state() {
    if (!stuck_at_)
      stuck_count_.dec();
    timer_.dispose();
  }
  checkout_state(const checkout_state&) = delete;
  checkout_state& operator=(const checkout_state&) = delete;

  messages::checkout_actor::behavior_type make_behavior() {
    self_->set_exception_handler([this](std::exception_ptr& thrown) { return broke(thrown); });
    note_progress();
    if (state_ == order_state::charging)
      keep_extended();
    if (state_ == order_state::given_up)
      note_given_up();
    carry_on();
    return {
        [this](const messages::cancel_requested& wish) { cancel(wish); },
        [this](messages::payment_answered& answer) { payment_answered(answer); },
    };
  }

private:
  using time_point = caf::actor_clock::time_point;

  /// The event starts another checkout, which goes on from where the order durably is.
  caf::error broke(const std::exception_ptr& thrown) const {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& broken) {
      log_.critical("{}: its checkout ends: {}", line_, broken.what());
    }
    return caf::make_error(caf::sec::runtime_error);
  }

  void cancel(const messages::cancel_requested& wish) {
    log_.debug("{}{}: it is not wanted any more", messages::line_start(wish.trace), name_);
    cancel_ = true;
    // Once the charge has an outcome, the event refuses the step that follows from it, and so this hears of it.
    if (wish.given_up && state_ == order_state::charging && !payment_.settled())
      given_up();
  }

  // ---- from state to state ----

  /// Goes on from wherever the order stands.
  void carry_on() {
    way_ = way_from(state_);
    if (way_ == nullptr) // it has come to its end
      return self_->quit();
    steps_done_ = 0;
    take_step();
  }

  void take_step() {
    if (steps_done_ == way_->steps().size())
      return arrive();
    switch (present_step()) {
      case checkout_step::start_payment:
        return cancel_ ? fail(why_undone_) : sections_.start_payment(when_answered());
      case checkout_step::charge:
        // Who was asked before knows.
        return may_have_charged_ ? ask_status() : charge();
      case checkout_step::sell:
        extend_at_.reset();
        return cancel_ ? refund_instead(why_undone_) : sections_.sell(when_answered());
      case checkout_step::take_back:
        return sections_.take_back(when_answered());
      case checkout_step::refund:
        return refund();
      case checkout_step::stop_payment:
        return sections_.stop_payment(when_answered());
      case checkout_step::release:
        return sections_.release(when_answered());
      case checkout_step::await_money:
        return details_.total == 0 || given_up_as_ != order_state::started ? step_done() : ask_status();
    }
  }

  [[nodiscard]] checkout_step present_step() const { return way_->steps()[steps_done_]; }

  void step_done() {
    ++steps_done_;
    take_step();
  }

  /// All steps are done: the order has what its next state needs.
  void arrive() {
    switch (way_->to()) {
      case order_state::charging:
        extend_later();
        return advance(order_state::charging);
      case order_state::failed:
        return advance(order_state::failed, why_failed_);
      case order_state::refunded:
        return cancel_ ? advance(order_state::cancelled, why_undone_)
                       : advance(order_state::refunded, "The seats could not be sold; the money went back.");
      case order_state::cancelled:
        return given_up_as_ == order_state::charged && state_ == order_state::given_up
                   ? refund_instead(why_undone_)
                   : advance(order_state::cancelled, why_undone_);
      default:
        return advance(way_->to());
    }
  }

  /// The hold goes on as an ordinary one while it lasts.
  void fail(std::string reason) {
    extend_at_.reset();
    why_failed_ = std::move(reason);
    way_ = &way_to_fail;
    steps_done_ = 0;
    take_step();
  }

  void refund_instead(std::string reason) {
    extend_at_.reset();
    advance(order_state::refunding, std::move(reason));
  }

  /// Has the event write down that the order is now `next`, and goes on from there.
  void advance(order_state next, std::string reason = {}) {
    wanted_ = {trace_, details_.order, next, std::move(reason)};
    ask_event();
  }

  void ask_event() {
    failpoint::reached("checkout.before-advance");
    self_->request(event_actor_, caf::infinite, *wanted_)
        .then(
            [this] {
              failpoint::reached("checkout.after-advance");
              auto written = *std::exchange(wanted_, std::nullopt);
              retry_ = timing_.first_retry;
              state_ = written.state;
              entered(written.reason);
            },
            [this](const caf::error& error) { not_advanced(to_refusal(error)); });
  }

  void not_advanced(const domain::refusal& why) {
    auto next = wanted_->state;
    // The buyer cancelled while the seats were being sold, and the event heard of it first.
    if (next == order_state::confirmed && why.reason == domain::rejection::in_progress) {
      cancel_ = true;
      return refund_instead(why_undone_);
    }
    // An operator gave it up before the outcome of its charge was written down.
    if (state_ == order_state::charging && why.reason == domain::rejection::in_progress) {
      wanted_.reset();
      given_up_as_ = next;
      return given_up();
    }
    if (domain::is_passing(why.reason))
      return try_later();
    // The event sees the order in another state, and starts another checkout from there.
    log_.error("{} cannot become {}: {} {}", line_, domain::to_string(next), domain::sentence(why.reason), why.detail);
    self_->quit(caf::make_error(caf::sec::runtime_error, "the order is not where its checkout thought"));
  }

  /// The order has just come to its present state.
  void entered(const std::string& reason) {
    auto goes_back = state_ == order_state::refunding || state_ == order_state::refunded;
    log_.log(goes_back ? spdlog::level::info : spdlog::level::debug, "{} is {}{}{}", line_, domain::to_string(state_),
             reason.empty() ? "" : ": ", reason);
    note_progress();
    carry_on();
  }

  void note_progress() {
    if (!stuck_at_)
      stuck_count_.dec();
    stuck_at_ = self_->clock().now() + domain::order_stuck_after;
    set_timer();
  }

  void note_stuck() {
    stuck_at_.reset();
    stuck_count_.inc();
    log_.warn("{} is {} for {} s now; operators find such orders by the state `stuck`", line_,
              domain::to_string(state_), domain::order_stuck_after.count());
  }

  // ---- what the sections do ----

  /// Goes on when all sections have answered.
  [[nodiscard]] checkout_sections::all_answered when_answered() {
    return [this] { sections_answered(); };
  }

  void sections_answered() {
    const auto& answers = sections_.answers();
    auto step = present_step();
    if (!answers.problem())
      retry_ = timing_.first_retry;
    if (step == checkout_step::sell && cancel_)
      return refund_instead(why_undone_);
    if (step == checkout_step::sell && answers.refused())
      return refund_instead(std::string{domain::sentence(answers.refused()->reason)});
    if (step == checkout_step::start_payment && answers.refused())
      return fail(std::string{domain::sentence(answers.refused()->reason)});
    if (step == checkout_step::take_back && answers.refused()) // it must succeed in the end, whatever is in its way now
      log_.error("{}: {} {}; it is tried again", line_, domain::sentence(answers.refused()->reason),
                 answers.refused()->detail);
    if (answers.delayed() || (step == checkout_step::take_back && answers.refused()))
      return try_later();
    if (step == checkout_step::start_payment && cancel_)
      return fail(why_undone_);
    step_done();
  }

  /// Gives the hold more time while the outcome of the payment is open. A hold that is gone stays gone: once the money
  /// is here its seats are taken again, if they are still free.
  void keep_extended() {
    sections_.extend_payment();
    extend_later();
  }

  void extend_later() {
    extend_at_ = self_->clock().now() + timing_.payment_window / 3;
    set_timer();
  }

  // ---- what the provider does ----

  void charge() {
    may_have_charged_ = true;
    if (details_.total == 0)
      return settle({payment_step::charge, payment_outcome::succeeded, {}});
    payment_.charge();
    set_timer();
  }

  void ask_status() {
    if (details_.total == 0)
      return settle({payment_step::status, payment_outcome::succeeded, {}});
    payment_.ask_status();
    set_timer();
  }

  void refund() {
    if (details_.total == 0)
      return step_done();
    payment_.refund();
    set_timer();
  }

  void payment_answered(messages::payment_answered& answer) {
    if (loses_answer(answer.step))
      answer = {answer.step, payment_outcome::unknown, "a failpoint"};
    // An answer may come after its question was given up; it is still true, but must count only once.
    if (payment_.settled())
      return;
    if (answer.step == payment_step::refund)
      refund_answered(answer);
    else if (state_ == order_state::charging)
      settle(answer);
    else if (state_ == order_state::given_up)
      settle_given_up(answer);
  }

  /// At the failpoint after what the provider was asked.
  static bool loses_answer(payment_step asked) {
    switch (asked) {
      case payment_step::charge:
        return failpoint::fails("checkout.after-charge");
      case payment_step::status:
        return failpoint::fails("checkout.after-status");
      case payment_step::refund:
        return failpoint::fails("checkout.after-refund");
    }
    return false;
  }

  void settle(const messages::payment_answered& answer) {
    switch (answer.outcome) {
      case payment_outcome::succeeded:
        settled();
        return step_done();
      case payment_outcome::declined:
        settled();
        return fail(answer.reason.empty() ? "The payment was declined." : answer.reason);
      case payment_outcome::never_asked:
        // An earlier charge may still arrive, so giving up is no way out, not even for a buyer who cancels: charging
        // again with the same key is what settles the outcome.
        return charge();
      case payment_outcome::unknown:
        payment_.stop_waiting();
        note_unknown("charge", answer.reason);
        return try_later();
    }
  }

  void refund_answered(const messages::payment_answered& answer) {
    auto hopeful = answer.outcome == payment_outcome::unknown && failpoint::planted("lost_refund_taken_for_done");
    if (answer.outcome == payment_outcome::succeeded || hopeful) {
      settled();
      return step_done();
    }
    if (answer.outcome == payment_outcome::unknown)
      note_unknown("refund", answer.reason);
    else
      log_.error("{}: the provider refuses the refund: {}; it is asked again", line_, answer.reason);
    payment_.stop_waiting();
    try_later();
  }

  void note_unknown(const char* what, const std::string& reason) {
    // This happens now and then; a provider that stays silent needs somebody's attention.
    auto level = retry_ < timing_.last_retry ? spdlog::level::info : spdlog::level::warn;
    log_.log(level, "{}: what became of its {} is unknown: {}; the provider is asked again", line_, what, reason);
  }

  void settled() {
    payment_.settle();
    retry_at_.reset();
    retry_ = timing_.first_retry;
  }

  // ---- given up: the seats go back at once, and so does money that still comes ----

  void given_up() {
    state_ = order_state::given_up;
    cancel_ = true;
    why_undone_ = domain::ended_by_organiser;
    log_.info("{} is given up by an operator", line_);
    note_given_up();
    carry_on();
  }

  void note_given_up() {
    extend_at_.reset();
    retry_at_.reset();
    given_up_at_ = self_->clock().now();
  }

  /// The seats of an order that was given up are not free yet.
  [[nodiscard]] bool letting_go() const {
    return state_ == order_state::given_up && steps_done_ < way_->steps().size()
           && present_step() != checkout_step::await_money;
  }

  void settle_given_up(const messages::payment_answered& answer) {
    auto over = self_->clock().now() - given_up_at_ >= timing_.late_money;
    if (answer.outcome == payment_outcome::succeeded)
      given_up_as_ = order_state::charged;
    else if (answer.outcome == payment_outcome::declined || (answer.outcome == payment_outcome::never_asked && over))
      given_up_as_ = order_state::failed;
    if (given_up_as_ == order_state::started)
      payment_.stop_waiting();
    else if (letting_go())
      payment_.settle(); // the letting go goes on, or is tried again
    else
      settled();
    if (letting_go())
      return; // the provider's word counts when the seats are free
    if (given_up_as_ != order_state::started)
      return step_done();
    if (answer.outcome == payment_outcome::unknown)
      note_unknown("charge", answer.reason);
    try_later();
  }

  // ---- waiting ----

  /// Does the present step again, or asks the event again, after a while.
  void try_later() {
    retry_at_ = self_->clock().now() + retry_;
    retry_ = std::min(retry_ * 2, state_ == order_state::given_up ? timing_.late_retry : timing_.last_retry);
    set_timer();
  }

  /// One timer, for whatever is due first. What is no longer due leaves nothing in the clock, which all actors share.
  void set_timer() {
    std::optional<time_point> first;
    for (const auto& due : {extend_at_, retry_at_, payment_.due(), stuck_at_})
      if (due && (!first || *due < *first))
        first = due;
    if (first == timer_at_)
      return;
    timer_.dispose();
    timer_at_ = first;
    if (first)
      timer_ = self_->run_delayed(*first - self_->clock().now(), [this] { wake(); });
  }

  void wake() {
    timer_at_.reset();
    auto now = self_->clock().now();
    if (stuck_at_ && *stuck_at_ <= now)
      note_stuck();
    if (extend_at_ && *extend_at_ <= now)
      keep_extended();
    if (payment_.overdue(now)) {
      payment_.stop_waiting();
      auto of_refund = state_ == order_state::refunding || state_ == order_state::cancelling;
      note_unknown(of_refund ? "refund" : "charge", "no answer came in time");
      if (!letting_go()) // which is followed by the same question
        retry_at_ = now;
    }
    if (retry_at_ && *retry_at_ <= now) {
      retry_at_.reset();
      wanted_ ? ask_event() : take_step();
    }
    set_timer();
  }

  self_pointer self_;
  domain::order_started details_;
  order_state state_;
  messages::event_actor event_actor_;
  checkout_timing timing_;
  messages::trace_id trace_;
  checkout_sections sections_;
  order_payment payment_;
  std::string name_; ///< as buyers know the order
  std::string line_; ///< how its log lines begin
  spdlog::logger& log_ = log::of("actors");

  bool cancel_;            ///< nobody wants it any more
  std::string why_undone_; ///< if it is undone without a better reason
  /// What the charge had come to when it was heard that the order was given up; `started` if that was not known.
  order_state given_up_as_ = order_state::started;
  time_point given_up_at_; ///< by this checkout's knowledge
  const checkout_way* way_ = nullptr;
  std::size_t steps_done_ = 0; ///< of the way
  bool may_have_charged_;      ///< the provider was asked before
  std::string why_failed_;
  std::optional<messages::advance_order> wanted_; ///< what the event has still to write down

  std::optional<time_point> extend_at_; ///< when the hold needs more time
  std::optional<time_point> retry_at_;
  std::chrono::milliseconds retry_;
  caf::telemetry::int_gauge& stuck_count_;
  std::optional<time_point> stuck_at_ = time_point{}; ///< none: it is counted as stuck
  caf::disposable timer_;
  std::optional<time_point> timer_at_; ///< when it goes off
};

} // namespace

caf::telemetry::int_gauge& stuck_orders(caf::actor_system& system) {
  return *system.metrics().gauge_singleton("usher", "orders-stuck",
                                           "Orders that have come no further for five minutes.");
}

messages::checkout_actor spawn_checkout(caf::actor_system& system, checkout_start start) {
  return system.spawn<messages::checkout_actor::stateful_impl<checkout_state>>(std::move(start));
}

} // namespace usher::actors
