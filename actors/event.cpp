#include "actors/event.hpp"

#include "actors/awaited_rest.hpp"
#include "actors/deadline_timer.hpp"
#include "actors/event_common.hpp"
#include "actors/event_holds.hpp"
#include "actors/event_orders.hpp"
#include "actors/own_list.hpp"
#include "domain/replay.hpp"
#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace usher::actors {

namespace {

/// Whether so few places are left that the event may be sold out soon: a twentieth of them, or a hundred.
bool are_few_left(const domain::section_totals& sum) {
  auto left = std::uint64_t{sum.free} + sum.held;
  return left <= std::max<std::uint64_t>(100, (left + sum.sold + sum.blocked) / 20);
}

using domain::event_state;
using domain::rejection;
using messages::to_error;

/// Serves one event: message in, decision, fact to the journal, reply out. Holds are in `event_holds`, orders in
/// `event_orders`; the life cycle and the settings are here.
class event_shard {
public:
  using self_pointer = messages::event_actor::pointer;
  static inline const char* name = "usher.event";

  event_shard(self_pointer self, event_start start)
      : self_(self), limits_(start.limits), keeper_(start.keeper),
        port_(messages::event_actor::pointer_view{self}, *this, shard_of(start.event), std::move(start.journal),
              std::move(start.keeper)),
        core_{.self = self,
              .id = start.event,
              .plan = std::move(start.plan),
              .clock = start.clock,
              .event = domain::replay(domain::event{}, start.history.snapshot, start.history.facts),
              .journal = {port_,
                          {shard_of(start.event), start.history.epoch, start.history.last, start.history.facts.size()},
                          limits_.journal},
              .as_of = shared_epoch{start.history.epoch},
              .starting_until = start.clock.now(self) + event_common::longest_start,
              .request_over = [this] { tell_at_rest(); },
              .totals_known = [this] { write_sold_out_if_due(); }},
        holds_(core_, limits_.requests_max, limits_.retry), orders_(core_, holds_, std::move(start.provider), limits_),
        timer_(messages::event_actor::pointer_view{self}) {}

  messages::event_actor::behavior_type make_behavior() {
    self_->set_down_handler([this](const caf::down_msg& gone) { gone_from(gone.source); });
    snapshot_if_due();
    return {
        [this](messages::hold_seats& wish) { return holds_.hold(wish); },
        [this](messages::release_hold& wish) { return holds_.release(wish); },
        [this](messages::find_hold& wish) { return holds_.find(wish); },
        [this](messages::start_order& wish) { return orders_.start(wish); },
        [this](const messages::find_order& wish) { return orders_.find(wish); },
        [this](const messages::cancel_order& wish) { return orders_.cancel(wish); },
        [this](const messages::list_orders& wish) { return orders_.list(wish); },
        [this](const messages::refund_order& wish) { return orders_.refund(wish); },
        [this](const messages::refund_orders& wish) { return orders_.refund_all(wish); },
        [this](messages::advance_order& step) { return orders_.advance(step); },
        [this](const messages::describe_event&) { return view(); },
        [this](messages::put_known_event& wish) { return self_->delegate(keeper_, std::move(wish)); },
        [this](const messages::define_event& wish) { return define(wish); },
        [this](const messages::check_settings& question) { return check(question); },
        [this](const messages::change_event& wish) { return change(wish); },
        [this](const messages::block_seats& wish) { return block(wish); },
        [this](const messages::report_event&) { return report(); },
        [this](const messages::list_own& wish) { return list_own(core_, holds_, orders_, wish); },
        [this](messages::event_peers, std::vector<messages::section_actor>& sections,
               messages::waiting_room_actor& room) { meet(std::move(sections), std::move(room)); },
        [this](const messages::allowance_back& news) { holds_.give_back(news); },
        [this](const messages::section_opened& news) { opened(news); },
        [this](const messages::section_closed& news) { closed(news); },
        [this](const messages::section_totals_changed& news) { note_totals(news); },
        [this](const messages::room_opened& news) { room_opened(news); },
        [this](messages::subscribe, const messages::gateway_actor& gateway) { subscribe(gateway); },
        [this](messages::stand_down) { return stand_down(); },
        [this](messages::carry_on) { carry_on(); },
        [this](messages::flush) { hand_over(); },
        [this](messages::deadline_reached) {
          timer_.rang(core_.now());
          keep_times();
        },
        [this](const messages::facts_durable& mark) { durable(mark); },
        [this](const messages::append_failed& failure) { failed(failure); },
    };
  }

  [[nodiscard]] shard_journal<event_once_durable>& journal() noexcept { return core_.journal; }

  /// The shard was in doubt and has been claimed anew: what `history` says is true.
  void rebuild(messages::shard_reclaimed& history) {
    if (!core_.journal.reclaimed(history))
      return;
    core_.as_of.raise(core_.journal.epoch());
    core_.event = domain::replay(domain::event{}, history.snapshot, history.facts);
    core_.durable_state = core_.event.state();
    core_.durable_settings = core_.event.settings();
    orders_.forget_in_flight();
    failpoint::reached("event.rebuilding");
    for (auto& next : core_.journal.take_kept_back())
      std::visit([this](auto& x) { answer_by_history(x); }, next);
    holds_.count_payments_again();
    if (!core_.sections.empty()) {
      tell_settings();
      orders_.resume();
      write_sold_out_if_due();
      keep_times();
    }
    tell_at_rest();
  }

private:
  using answer = caf::typed_response_promise<messages::event_view>;

  static domain::shard_id shard_of(const domain::event_id& event) { return {domain::shard_kind::event, event, {}}; }

  // ---- settings and state ----

  [[nodiscard]] messages::event_view view() const {
    if (failpoint::planted("undecided_settings_told"))
      return {core_.id, core_.event.settings(), core_.event.state(), holds_.totals()};
    return {core_.id, core_.durable_settings, core_.durable_state, holds_.totals()};
  }

  caf::result<messages::event_view> change(const messages::change_event& wish) {
    auto settings = core_.event.settings();
    settings.admission_per_s = wish.admission_per_s.value_or(settings.admission_per_s);
    settings.max_shopping = wish.max_shopping.value_or(settings.max_shopping);
    settings.max_seats_per_buyer = wish.max_seats_per_buyer.value_or(settings.max_seats_per_buyer);
    settings.hold_ttl = wish.hold_ttl.value_or(settings.hold_ttl);
    settings.rehold.pause = wish.rehold_pause.value_or(settings.rehold.pause);
    settings.cancellations = wish.cancellations.value_or(settings.cancellations);
    settings.prices.resize(core_.plan->categories().size()); // there are none before the event is defined
    for (const auto& [called, price] : wish.prices) {
      auto category = core_.plan->find_category(called);
      if (!category)
        return to_error(
            domain::refusal{.reason = rejection::bad_request, .detail = "The plan has no category " + called + "."});
      settings.prices[category->value()] = price;
    }
    return define(settings, wish.state);
  }

  [[nodiscard]] caf::result<void> check(const messages::check_settings& question) const {
    auto settings =
        domain::changed(core_.event.settings(), question.settings, core_.plan->categories(), question.categories);
    if (auto why = core_.event.may_become(settings, question.categories.size(), question.state))
      return to_error(*why);
    return {};
  }

  caf::result<messages::event_view> define(const messages::define_event& wish) {
    const auto& categories = core_.plan->categories();
    auto settings = domain::changed(core_.event.settings(), wish.settings, categories, categories);
    if (settings.name.empty()) // nobody has defined the event yet: its first keeper may have died before
      settings.name = domain::unnamed(core_.id, *core_.plan);
    return define(settings, wish.state);
  }

  /// Both are decided, or neither. They are two facts: when the first is written and the second is not, their asker
  /// hears `store_unavailable` and the settings have changed, as may always be after an operator's change that failed.
  caf::result<messages::event_view> define(const domain::event_settings& settings, std::optional<event_state> state) {
    auto categories = core_.plan->categories().size();
    if (auto why = core_.event.may_become(settings, categories, state))
      return to_error(*why);
    auto defined = core_.event.define(settings, categories);
    auto moved = state ? core_.event.change_state(*state) : domain::already_so{};
    auto is_repeat = domain::repeated(defined) && domain::repeated(moved);
    auto is_written = is_repeat && core_.journal.settled();
    if (auto obstacle = core_.journal.obstacle(); obstacle && !is_written)
      return to_error(*obstacle);
    auto asked = self_->make_response_promise<messages::event_view>();
    if (is_written) {
      show(asked);
      return asked;
    }
    const auto* last = domain::granted(moved);
    if (const auto* fact = domain::granted(defined))
      core_.write(*fact, event_became{last ? std::nullopt : std::optional{asked}, {}, fact->settings});
    if (last)
      core_.write(*last, event_became{asked, last->state});
    if (is_repeat)
      core_.journal.after_all(event_became{asked});
    return asked;
  }

  /// New settings or a new state are durable: everybody concerned is told.
  void became(event_became& news) {
    if (news.state)
      core_.durable_state = *news.state;
    if (news.settings)
      core_.durable_settings = *std::move(news.settings);
    tell_settings();
    if (news.asked) {
      write_sold_out_if_due();
      show(*news.asked);
    }
    keep_times();
  }

  /// Answers with the event as it is. Sections that have just been started have not reported their totals yet, so they
  /// are asked.
  void show(answer asked) {
    if (core_.sections.empty() || holds_.all_totals_known())
      return asked.deliver(view());
    ask_reports(asked, [this, asked](auto&) mutable { asked.deliver(view()); });
  }

  void tell_settings() {
    holds_.offer_changed();
    for (const auto& section : core_.sections)
      tell_terms(section);
    tell_room();
  }

  void tell_terms(const messages::section_actor& section) {
    self_->send(section, messages::terms_changed{section_terms_of(core_.durable_settings), core_.as_of.get()});
  }

  void tell_room() {
    const auto& settings = core_.durable_settings;
    if (core_.room)
      self_->send(core_.room, messages::room_settings{settings.admission_per_s, settings.max_shopping,
                                                      core_.durable_state, few_left_, core_.as_of.get()});
  }

  // ---- peers ----

  void meet(std::vector<messages::section_actor> sections, messages::waiting_room_actor room) {
    core_.sections = std::move(sections);
    core_.room = std::move(room);
    tell_settings();
    holds_.meet_sections();
    if (core_.journal.standing() == shard_standing::writing)
      orders_.resume();
    write_sold_out_if_due();
    keep_times();
  }

  /// A section that was started alone knows neither prices nor what it was asked for before.
  void opened(const messages::section_opened& news) {
    // Those that start with the event are told and asked when it meets them.
    if (news.section.value() >= core_.sections.size())
      return;
    holds_.opened(news);
    tell_terms(core_.sections[news.section.value()]); // whoever was told before may be gone
  }

  void room_opened(const messages::room_opened& news) {
    log::of("actors").debug("event {}: its waiting room serves at epoch {}", core_.id.value(), news.epoch.value());
    tell_room();
  }

  void closed(const messages::section_closed& news) {
    if (news.section.value() < core_.sections.size())
      holds_.closed(news.section);
  }

  void subscribe(const messages::gateway_actor& gateway) {
    if (core_.gateways.add(gateway))
      self_->monitor(gateway);
  }

  void gone_from(const caf::actor_addr& source) {
    core_.gateways.remove(source);
    orders_.checkout_down(source);
  }

  // ---- totals and times ----

  void note_totals(const messages::section_totals_changed& news) {
    holds_.note_totals(news);
    write_sold_out_if_due();
  }

  /// The event is sold out, or no longer. If that cannot be written now, it is checked again after a later write.
  void write_sold_out_if_due() {
    // Before the event knows its sections it does not know how many of them have yet to report their totals.
    if (core_.sections.empty() || !holds_.all_totals_known())
      return;
    domain::section_totals sum;
    for (const auto& each : holds_.totals()) {
      sum.free += each.free;
      sum.held += each.held;
      sum.sold += each.sold;
      sum.blocked += each.blocked;
    }
    if (auto few = are_few_left(sum); std::exchange(few_left_, few) != few)
      tell_room();
    sold_out_check_pending_ = core_.journal.obstacle().has_value();
    if (sold_out_check_pending_)
      return;
    auto decision = core_.event.note_totals(sum);
    if (const auto* fact = domain::granted(decision)) {
      log::of("actors").info("event {} is {}", core_.id.value(), domain::to_string(fact->state));
      core_.write(*fact, event_became{{}, fact->state});
    }
  }

  /// Opens and closes the sale at the set times, and sets the one timer for the next of them.
  void keep_times() {
    auto now = core_.now();
    const auto& settings = core_.event.settings();
    if (settings.closes_at && core_.event.state() != event_state::closed)
      move_at(*settings.closes_at, now, event_state::closed);
    auto before_sale = core_.event.state() == event_state::scheduled || core_.event.state() == event_state::draw;
    if (settings.opens_at && before_sale)
      move_at(*settings.opens_at, now, event_state::open);
  }

  void move_at(domain::instant when, domain::instant now, event_state wanted) {
    if (now < when)
      return timer_.wake_at(when, now);
    if (core_.journal.obstacle())
      return timer_.wake_at(now + limits_.retry, now);
    auto decision = core_.event.change_state(wanted);
    if (const auto* fact = domain::granted(decision)) {
      log::of("actors").info("event {} is {} now, as was set", core_.id.value(), domain::to_string(wanted));
      core_.write(*fact, event_became{{}, fact->state});
    }
  }

  // ---- another actor for this shard ----

  caf::result<void> stand_down() {
    core_.journal.stand_down();
    auto asker = rest_.await(self_->make_response_promise());
    tell_at_rest();
    return asker;
  }

  void tell_at_rest() {
    if (core_.journal.settled() && !holds_.under_way() && !orders_.any_beginning() && core_.changes_asked == 0)
      rest_.reached();
  }

  void carry_on() {
    core_.journal.carry_on();
    rest_.given_up();
    // What was sent to the event, or to those that rested with it, may have been dropped meanwhile.
    holds_.lost_touch();
    tell_settings();
    write_sold_out_if_due();
    keep_times();
  }

  // ---- blocking and reporting ----

  caf::result<messages::event_view> block(const messages::block_seats& wish) {
    std::vector<domain::section_no> numbers;
    for (const auto& part : wish.parts)
      numbers.push_back(part.section);
    auto sections = core_.find_sections(numbers);
    if (!sections)
      return to_error(rejection::not_found);
    if (core_.journal.standing_down())
      return to_error(rejection::overloaded);
    auto asked = self_->make_response_promise<messages::event_view>();
    auto part = wish.parts.begin(); // the sections are asked in this order
    core_.ask_for_change(
        *sections,
        [&](const section_address&) {
          const auto& here = *part++;
          return messages::block_in_section{wish.trace, here.seats, here.quantity, wish.block, core_.as_of.get()};
        },
        [this, asked](section_answers<done>& answers) mutable {
          if (const auto why = answers.problem_of_all())
            return asked.deliver(to_error(*why));
          // The totals that sections send unasked may still be on their way.
          ask_reports(asked, [this, asked](auto&) mutable { asked.deliver(view()); });
        });
    return asked;
  }

  /// Asks all sections for their reports. If one gives none, `asked` is told why; else `then(reports)` is called.
  template <class Reply, class Then>
  void ask_reports(caf::typed_response_promise<Reply> asked, Then then) {
    ask_sections<messages::section_report>(
        self_, core_.all_sections(), [](const section_address&) { return messages::report_section{}; },
        [this, asked, then](section_answers<messages::section_report>& answers) mutable {
          if (const auto& why = answers.problem())
            return asked.deliver(to_error(*why));
          for (const auto& report : answers.given())
            note_totals({report.section, report.totals});
          then(answers.given());
        });
  }

  caf::result<messages::event_report> report() {
    if (core_.sections.empty())
      return to_error(rejection::overloaded);
    auto asked = self_->make_response_promise<messages::event_report>();
    ask_reports(asked, [this, asked](auto& reports) { count_people(reports, asked); });
    return asked;
  }

  void count_people(std::vector<messages::section_report>& reports,
                    caf::typed_response_promise<messages::event_report> asked) {
    std::sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) { return a.section < b.section; });
    messages::event_report whole{view(),         std::move(reports), {}, orders_.confirmed(), orders_.under_way(),
                                 orders_.stuck()};
    self_->request(core_.room, caf::infinite, messages::count_people{})
        .then(
            [whole, asked](const domain::waiting_room::figures& queue) mutable {
              whole.queue = queue;
              asked.deliver(std::move(whole));
            },
            [asked](caf::error& why) mutable { asked.deliver(std::move(why)); });
  }

  // ---- the journal ----

  void hand_over() {
    failpoint::reached("event.before-append");
    core_.journal.flush();
  }

  void durable(const messages::facts_durable& mark) {
    failpoint::reached("event.before-answer");
    core_.journal.durable(mark, [this](event_once_durable& next) { std::visit([this](auto& x) { follow(x); }, next); });
    snapshot_if_due();
    if (sold_out_check_pending_)
      write_sold_out_if_due();
    tell_at_rest();
  }

  void snapshot_if_due() {
    if (core_.journal.snapshot_due())
      core_.journal.take_snapshot(core_.event.snapshot());
  }

  void follow(event_became& x) { became(x); }
  void follow(order_begun& x) { orders_.began(x); }
  void follow(order_moved& x) { orders_.moved(x); }
  void follow(order_cancel_noted& x) { orders_.cancel_noted(x); }
  void follow(order_undone& x) { orders_.undone(x); }
  void follow(refunds_begun& x) { orders_.told(x); }
  void follow(order_read& x) { orders_.read(x); }
  void follow(step_refused& x) { x.asked.deliver(to_error(x.why)); }
  void follow(step_repeated& x) { x.asked.deliver(); }

  void failed(const messages::append_failed& failure) {
    core_.journal.failed(failure, [this](event_once_durable& next) {
      // What became of an order is said when it is known. If the shard is claimed by somebody else, it is they who
      // know, and here nobody answers.
      auto* news = std::get_if<event_became>(&next);
      if (news && news->asked)
        news->asked->deliver(to_error(rejection::store_unavailable));
      else if (!news && core_.journal.standing() == shard_standing::in_doubt)
        core_.journal.keep_back(std::move(next));
    });
  }

  void answer_by_history(event_became&) {} // it was answered before
  template <class Doubtful>
  void answer_by_history(Doubtful& x) {
    orders_.answer_by_history(x);
  }

  self_pointer self_;
  event_limits limits_;
  const messages::keeper_actor keeper_;
  actor_port<messages::event_actor::pointer_view, event_shard> port_;
  event_common core_;
  event_holds holds_;
  event_orders orders_;
  bool sold_out_check_pending_ = false;
  bool few_left_ = false; ///< as the room was told
  awaited_rest rest_;
  deadline_timer<messages::event_actor> timer_;
};

} // namespace

messages::event_actor spawn_event(caf::actor_system& system, event_start start) {
  return system.spawn<messages::event_actor::stateful_impl<event_shard>>(std::move(start));
}

domain::section_terms section_terms_of(const domain::event_settings& settings) {
  return {settings.prices, settings.hold_ttl, settings.refuse_orphans, settings.rehold.pause};
}

} // namespace usher::actors
