#define CAF_SUITE actors.hold_storm

#include "actors/hold_protocol.hpp"
#include "domain/replay.hpp"
#include "tests/actors/hold_protocol_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>

using namespace usher;
using namespace usher::actors;
using namespace usher::tests;
using namespace std::chrono_literals;
using domain::rejection;
using domain::section_no;

namespace {

constexpr std::uint16_t section_count = 3;
constexpr std::uint32_t seats_per_section = 8;
constexpr std::uint64_t buyer_count = 5;
constexpr domain::seconds hold_ttl{300};

domain::shared_plan three_rows() {
  std::vector<domain::section_plan> sections;
  for (std::uint16_t row = 0; row < section_count; ++row) {
    auto name = "row" + std::to_string(row);
    domain::section_plan section{name, name, {"A"}, {}, 0, {}};
    for (std::uint32_t i = 1; i <= seats_per_section; ++i)
      section.seats.push_back(
          {name + "-" + std::to_string(i), std::to_string(i), domain::category_no{0}, 0, {i * 1.0, 0}});
    sections.push_back(std::move(section));
  }
  return std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Seat"}, std::move(sections));
}

/// What may happen to messages.
struct weather {
  unsigned lost_of_12 = 0;            ///< how many of a dozen are lost
  bool reorders = false;              ///< those from one to another need not keep their order
  std::set<section_no> affected = {}; ///< where that happens
};

/// The messages on their way, the time-outs that tell of lost ones, which are never lost, and what was sent by actors
/// that have died since, which comes in any order.
class post_office {
public:
  explicit post_office(std::uint64_t seed) : random(seed) {}

  struct letter {
    std::function<void()> arrives;
    std::function<void()> is_lost = [] {};
  };

  void send(std::size_t from_to, letter one) { ways_[from_to].push_back(std::move(one)); }
  void later(std::function<void()> what) { send(time_outs, {std::move(what)}); }

  /// Delivers or loses one message; false if there is none.
  bool step() {
    std::vector<std::size_t> busy;
    for (std::size_t i = 0; i < ways_.size(); ++i)
      if (!ways_[i].empty())
        busy.push_back(i);
    if (busy.empty())
      return false;
    auto way = busy[below(busy.size())];
    auto is_section = way < time_outs;
    section_no section{static_cast<std::uint16_t>(way % section_count)};
    auto is_affected = is_section && now.affected.contains(section);
    auto at = !is_section || (is_affected && now.reorders) ? below(ways_[way].size()) : 0;
    auto one = std::move(ways_[way][at]);
    ways_[way].erase(ways_[way].begin() + static_cast<std::ptrdiff_t>(at));
    auto is_lost = is_affected && below(12) < now.lost_of_12;
    if (is_section && (is_lost || at != 0))
      disturbed_.insert(section);
    if (is_lost)
      one.is_lost();
    else
      one.arrives();
    return true;
  }

  /// A section's actor has died. What was sent to it may never arrive, and what it has sent may come late.
  void bury(section_no section) {
    if (one_in(2))
      for (auto& each : std::exchange(ways_[event_to_section(section)], {}))
        each.is_lost();
    if (one_in(2))
      for (auto& each : std::exchange(ways_[section_to_event(section)], {}))
        ways_[of_the_dead].push_back(std::move(each));
  }

  /// The sections whose messages were lost or came in another order, though no actor had died.
  std::set<section_no> take_disturbed() { return std::exchange(disturbed_, {}); }

  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  static std::size_t event_to_section(section_no x) { return x.value(); }
  static std::size_t section_to_event(section_no x) { return std::size_t{section_count} + x.value(); }
  static std::size_t section_and_buyers(section_no x) { return std::size_t{2} * section_count + x.value(); }

  std::mt19937_64 random;
  weather now;

private:
  static constexpr std::size_t time_outs = std::size_t{3} * section_count;
  static constexpr std::size_t of_the_dead = time_outs + 1;
  std::array<std::deque<letter>, of_the_dead + 1> ways_;
  std::set<section_no> disturbed_;
};

/// A section with a journal, without an actor. Facts are durable when the test says so.
class fake_section {
public:
  using reply = std::function<void(held_or_not)>;
  using tell_event = std::function<void(std::variant<messages::allowance_back, messages::section_opened>)>;

  fake_section(domain::shared_plan plan, section_no number, const domain::instant& now, tell_event tell)
      : plan_(std::move(plan)), number_(number), now_(now), tell_(std::move(tell)) {
    start({});
  }

  void hold(const messages::hold_in_section& wish, const reply& answer) {
    auto refuse = [&](rejection why) {
      tell(side_->refused(wish.hold, wish.attempt, why));
      answer(domain::refusal{.reason = why});
    };
    if (side_->outdates(wish.attempt.event))
      return refuse(rejection::moved);
    auto decided = section_.hold(wish.hold, wish.buyer, wish.wanted, wish.wish_digest, terms_,
                                 wish.until.value_or(now_ + hold_ttl), now_);
    using kind = section_once_durable::answer;
    if (domain::repeated(decided))
      return wait_for({}, {kind::granted_again, {}, wish.hold, wish.attempt}, answer);
    if (const auto* why = domain::refused(decided))
      return refuse(why->reason);
    const auto& fact = *domain::granted(decided);
    section_.apply(fact);
    wait_for({fact}, {kind::granted, {}, wish.hold, wish.attempt}, answer);
  }

  void release(const messages::release_hold& wish, const reply& answer) {
    if (wish.as_of && side_->outdates(*wish.as_of))
      return answer(domain::refusal{.reason = rejection::moved});
    auto decided = section_.release(wish.hold, wish.buyer,
                                    wish.promised ? domain::hold_end::released : domain::hold_end::unacknowledged);
    if (const auto* why = domain::refused(decided))
      return answer(*why);
    if (domain::repeated(decided))
      return wait_for({}, {section_once_durable::answer::done, {}, {}}, answer);
    end_hold(*domain::granted(decided), answer);
  }

  void expire() {
    for (const auto& fact : section_.expire(now_, 1'000))
      end_hold(fact, {});
  }

  std::optional<messages::section_claims> claims(const messages::list_claims& question) {
    if (side_->outdates(question.as_of))
      return std::nullopt;
    auto all = section_.claims();
    for (const auto& each : waiting_)
      if (each.after.change && !section_.find(each.after.change->end->hold))
        all.push_back({each.after.change->end->hold, each.after.change->end->buyer, each.seats_let_go});
    return messages::section_claims{number_, epoch_, std::move(all)};
  }

  /// All facts are durable.
  void write() {
    for (auto& each : std::exchange(waiting_, {})) {
      if (each.fact)
        durable_.push_back(*each.fact);
      follow(each);
    }
  }

  /// The first `count` facts are durable, but the section hears of none. It claims its shard anew, and goes on.
  void doubt(std::size_t count) {
    auto unheard = write_silently(count);
    for (auto& each : unheard)
      if (each.after.change)
        side_->doubt(*each.after.change->end);
    section_ = domain::replay(domain::section{plan_, number_}, {}, durable_);
    epoch_ = domain::epoch{epoch_.value() + 1};
    for (const auto& end : side_->take_ends_after_all())
      tell(side_->after(end));
    for (auto& each : unheard) {
      if (each.after.hold == domain::hold_id{} || !each.answer) {
        if (each.answer)
          each.answer(domain::refusal{.reason = rejection::store_unavailable});
        continue;
      }
      auto outcome = side_->outcome_of(each.after);
      tell(side_->after(each.after, outcome));
      using enum section_side::outcome;
      each.answer(outcome == held     ? held_or_not{described(each.after.hold)}
                  : outcome == let_go ? held_or_not{messages::hold_granted{}}
                  : outcome == over   ? held_or_not{domain::refusal{.reason = rejection::hold_expired}}
                                      : held_or_not{domain::refusal{.reason = rejection::store_unavailable}});
    }
    tell_(messages::section_opened{number_, epoch_});
  }

  /// The section dies when the first `count` facts are durable, and another one is started.
  std::vector<reply> die(std::size_t count, domain::epoch event_epoch) {
    std::vector<reply> unanswered;
    for (auto& each : write_silently(count))
      if (each.answer)
        unanswered.push_back(each.answer);
    start(event_epoch);
    return unanswered;
  }

  [[nodiscard]] std::size_t facts_waiting() const { return waiting_.size(); }
  [[nodiscard]] const domain::section& here() const { return section_; }

private:
  struct waiting {
    std::optional<domain::fact> fact;
    section_once_durable after;
    reply answer;
    std::uint32_t seats_let_go = 0; ///< which count until that is durable
  };

  void start(domain::epoch event_epoch) {
    section_ = domain::replay(domain::section{plan_, number_}, {}, durable_);
    side_.emplace(section_, event_epoch);
    epoch_ = domain::epoch{epoch_.value() + 1};
    tell_(messages::section_opened{number_, epoch_});
  }

  std::vector<waiting> write_silently(std::size_t count) {
    auto unheard = std::exchange(waiting_, {});
    for (auto& each : unheard)
      if (each.fact && count > 0) {
        durable_.push_back(*each.fact);
        --count;
      }
    return unheard;
  }

  void end_hold(const domain::hold_ended& fact, reply answer) {
    section_once_durable after{
        answer ? section_once_durable::answer::done : section_once_durable::answer::none, {}, fact.hold};
    after.change = std::make_unique<section_change>();
    const auto& ending = *section_.find(fact.hold);
    after.change->end = end_of_hold{fact.hold, ending.buyer, fact.why};
    auto seats = static_cast<std::uint32_t>(ending.seats.size());
    section_.apply(fact);
    wait_for({fact}, std::move(after), std::move(answer), seats);
  }

  void wait_for(std::optional<domain::fact> fact, section_once_durable after, reply answer, std::uint32_t seats = 0) {
    waiting_.push_back({std::move(fact), std::move(after), std::move(answer), seats});
    if (waiting_.size() == 1 && !waiting_.front().fact)
      write(); // nothing to wait for
  }

  void follow(waiting& each) {
    if (each.after.change && side_->is_over(*each.after.change->end))
      tell(side_->after(*each.after.change->end));
    if (!each.answer)
      return;
    if (each.after.reply == section_once_durable::answer::done)
      each.answer(messages::hold_granted{});
    else if (section_.find(each.after.hold))
      each.answer(described(each.after.hold));
    else
      each.answer(domain::refusal{.reason = rejection::hold_expired});
  }

  messages::hold_granted described(domain::hold_id id) {
    const auto& hold = *section_.find(id);
    messages::hold_granted result{{}, id, hold.buyer, {}, hold.until, now_};
    result.sections.push_back({number_, hold.seats});
    return result;
  }

  void tell(const section_side::news& news) {
    if (news)
      tell_(*news);
  }

  domain::shared_plan plan_;
  section_no number_;
  const domain::instant& now_;
  tell_event tell_;
  domain::section_terms terms_{{5'000}, hold_ttl, false};
  domain::section section_{plan_, number_};
  std::optional<section_side> side_;
  domain::epoch epoch_{0};
  std::vector<domain::fact> durable_;
  std::vector<waiting> waiting_;
};

/// An event's side, three sections, and buyers, who talk by post.
class town final : public hold_port {
public:
  explicit town(std::uint64_t seed) : post_(seed) {
    for (std::uint16_t i = 0; i < section_count; ++i) {
      section_no number{i};
      sections_.push_back(std::make_unique<fake_section>(plan_, number, now_, [this, number](auto news) {
        post_.send(post_office::section_to_event(number), {[this, news] { hear(news); }});
      }));
    }
    start_event();
    while (!event_side_->ready())
      post_.step();
  }

  // ---- what happens ----

  /// How often an actor dies, or is in doubt, among a thousand things that happen. Where it is rare, no section is
  /// asked soon for what was counted wrong.
  void set_deaths(unsigned of_1000) { deaths_of_1000_ = of_1000; }

  void anything() {
    if (post_.below(1'000) < deaths_of_1000_)
      return lose_an_actor();
    auto dice = post_.below(200);
    if (dice < 7) {
      now_ += 20s;
      return sections_[post_.below(section_count)]->expire();
    }
    if (dice < 20)
      return wish_again();
    if (dice < 40)
      return release_one();
    if (dice < 70)
      return wish_anew();
    if (dice < 100)
      return sections_[post_.below(section_count)]->write();
    post_.step();
  }

  /// Some of the sections have this weather, the others a calm one.
  void storm(weather how, int events) {
    for (std::uint16_t i = 0; i < section_count; ++i)
      if (post_.one_in(2))
        how.affected.insert(section_no{i});
    post_.now = std::move(how);
    for (int i = 0; i < events; ++i)
      anything();
  }

  /// No message is lost any more, and all that is on its way arrives. Only those sections are asked that were out of
  /// reach: those that have died or were in doubt say so themselves.
  void calm() {
    post_.now = {};
    settle();
    for (auto section : post_.take_disturbed())
      event_side_->lost_touch(section);
    settle();
  }

  void settle() {
    for (auto busy = true; busy;) {
      busy = post_.step();
      for (auto& each : sections_)
        if (each->facts_waiting() > 0) {
          each->write();
          busy = true;
        }
    }
  }

  /// The time of everything that is held is over.
  void all_run_out() {
    now_ += 2 * hold_ttl;
    for (auto& each : sections_)
      each->expire();
    settle();
  }

  // ---- what must be so ----

  /// Counts, naively, what each buyer has.
  void check_limits() {
    for (std::uint64_t who = 0; who < buyer_count; ++who) {
      std::uint32_t has = 0;
      for (const auto& each : sections_)
        for (const auto& claim : each->here().claims())
          has += claim.buyer == buyer(who) ? claim.seats : 0;
      CHECK_EQ(event_side_->taken_by(buyer(who)), has);
    }
    CHECK_EQ(event_side_->open(), 0u);
    CHECK(is_at_rest_);
  }

  /// What the present event has refused, or a section has let go of, is not held in part.
  void check_undone() {
    for (auto hold : undone_)
      if (asked_first_by_[hold] == generation_)
        CHECK(!is_held(hold));
    for (auto [hold, section] : released_)
      CHECK(sections_[section.value()]->here().find(hold) == nullptr);
  }

  /// When the time of all holds is over, nothing is held any more.
  void check_nothing_is_held() {
    for (const auto& each : sections_)
      CHECK(!each->here().next_deadline());
  }

  /// What was promised, and has not run out or been released, is there, in all its parts.
  void check_promises() {
    for (const auto& [hold, granted] : promised_)
      if (granted.until > now_ && !let_go_.contains(hold))
        for (const auto& part : granted.sections) {
          const auto* here = sections_[part.section.value()]->here().find(hold);
          CHECK(here != nullptr);
          if (here)
            CHECK_EQ(here->seats.size(), part.seats.size());
        }
  }

  /// Everybody takes their whole limit, one after the other, and nobody more.
  void check_everybody_gets_exactly_the_limit() {
    for (std::uint64_t who = 0; who < buyer_count; ++who) {
      auto four = new_wish(who);
      four.wanted = std::vector<messages::section_wish>{{section_no{0}, seats({0, 1})}, {section_no{2}, seats({0, 1})}};
      ask(four);
      settle();
      CHECK(promised_.contains(four.hold));
      auto fifth = new_wish(who);
      fifth.wanted = std::vector<messages::section_wish>{{section_no{1}, seats({5})}};
      ask(fifth);
      settle();
      CHECK(!promised_.contains(fifth.hold));
      CHECK_EQ(refusals_[fifth.hold], rejection::limit_exceeded);
      all_run_out();
      CHECK_EQ(event_side_->taken_by(buyer(who)), 0u);
    }
  }

  [[nodiscard]] std::size_t promises() const { return promised_.size(); }

private:
  using generation = std::uint64_t;

  void lose_an_actor() {
    auto dice = post_.below(3);
    if (dice == 0)
      return kill_one();
    if (dice == 1)
      return start_event();
    auto& some = *sections_[post_.below(section_count)];
    some.doubt(post_.below(some.facts_waiting() + 1));
  }

  [[nodiscard]] bool is_held(domain::hold_id hold) const {
    return std::any_of(sections_.begin(), sections_.end(), [&](const auto& section) {
      const auto* here = section->here().find(hold);
      return here != nullptr && here->until > now_;
    });
  }

  /// One section dies, and another one is started, which may know of the event that it serves.
  void kill_one() {
    section_no number{static_cast<std::uint16_t>(post_.below(section_count))};
    auto& dying = *sections_[number.value()];
    auto known = post_.one_in(2) ? as_of_.get() : domain::epoch{};
    post_.bury(number);
    for (auto& answer : dying.die(post_.below(dying.facts_waiting() + 1), known))
      post_.later([answer] { answer(domain::refusal{.reason = rejection::outcome_unknown}); });
  }

  /// Another event takes over. What the earlier one has asked for is still on its way.
  void start_event() {
    as_of_ = shared_epoch{domain::epoch{++generation_}};
    event_side_ = std::make_unique<event_side>(*this, event_, event_.settings(), as_of_);
    searches_.clear();
    is_at_rest_ = true;
    event_side_->meet_sections(section_count);
  }

  void hear(const std::variant<messages::allowance_back, messages::section_opened>& news) {
    if (const auto* back = std::get_if<messages::allowance_back>(&news))
      event_side_->give_back(*back);
    else
      event_side_->opened(std::get<messages::section_opened>(news));
  }

  /// Calls `then` with this event's side, unless another one has taken over.
  template <class Then>
  auto still(Then then) {
    return [this, then, asked_by = generation_](auto... what) {
      if (asked_by == generation_)
        then(*event_side_, what...);
    };
  }

  /// A request from the event's side: it is answered once, even if the request or its answer is lost.
  template <class Ask, class Answered>
  void request(section_no to, Ask ask, Answered answered) {
    auto unknown = [this, answered] {
      post_.later([answered] { answered(held_or_not{domain::refusal{.reason = rejection::outcome_unknown}}); });
    };
    auto reply = [this, to, answered, unknown](held_or_not what) {
      post_.send(post_office::section_to_event(to), {[answered, what] { answered(what); }, unknown});
    };
    post_.send(post_office::event_to_section(to), {[ask, reply] { ask(reply); }, unknown});
  }

  void ask_to_hold(section_no section, messages::hold_in_section wish) override {
    request(
        section, [this, section, wish](auto reply) { sections_[section.value()]->hold(wish, reply); },
        still([hold = wish.hold, section](event_side& here, const held_or_not& what) {
          if (const auto* part = std::get_if<messages::hold_granted>(&what))
            here.granted(hold, section, *part);
          else
            here.refused(hold, section, std::get<domain::refusal>(what));
        }));
  }

  void ask_to_release(section_no section, const messages::release_hold& wish, std::chrono::milliseconds) override {
    request(
        section, [this, section, wish](auto reply) { sections_[section.value()]->release(wish, reply); },
        still([this, hold = wish.hold, section](event_side& here, const held_or_not& what) {
          if (const auto* why = std::get_if<domain::refusal>(&what))
            here.not_released(hold, section, *why, now_);
          else
            here.released(hold, section);
        }));
  }

  void ask_for_claims(section_no section, std::uint64_t question) override {
    auto none = still([section, question](event_side& here) { here.no_claims(section, question); });
    auto lost = [this, none] { post_.later(none); };
    auto some =
        still([question](event_side& here, const messages::section_claims& all) { here.claims(question, all); });
    post_.send(post_office::event_to_section(section),
               {[=, this, asked = messages::list_claims{as_of_.get()}] {
                  auto all = sections_[section.value()]->claims(asked);
                  post_.send(post_office::section_to_event(section), {[=] { all ? some(*all) : none(); }, lost});
                },
                lost});
  }

  void wait_for_claims(section_no section, std::uint64_t question) override {
    post_.later(still([section, question](event_side& here) { here.ask_again(section, question); }));
  }

  void answer(domain::hold_id hold, held_or_not what) override {
    searches_.erase(hold);
    if (std::holds_alternative<domain::refusal>(what) && !promised_.contains(hold))
      undone_.insert(hold);
    hear_answer(hold, what);
  }

  void request_over() override { is_at_rest_ = event_side_->open() == 0; }

  // ---- searches ----

  void search_on(domain::hold_id hold, const domain::refusal& why) override { search_in_next(hold, why); }

  void search_in_next(domain::hold_id hold, const domain::refusal& why) {
    auto& search = searches_.at(hold);
    if (search.next == section_count)
      return event_side_->give_up(hold, why);
    section_no section{search.next++};
    auto wish = search.wish;
    event_side_->search_in(section, wish, now_ + hold_ttl);
  }

  // ---- buyers ----

  static domain::buyer_id buyer(std::uint64_t number) { return domain::buyer_id{"buyer-" + std::to_string(number)}; }

  static domain::wish seats(std::initializer_list<std::uint32_t> numbers) {
    domain::seats_wish wish;
    for (auto number : numbers)
      wish.seats.emplace_back(number);
    return wish;
  }

  domain::wish some_seats() {
    auto first = static_cast<std::uint32_t>(post_.below(seats_per_section - 1));
    return post_.one_in(2) ? seats({first}) : seats({first, first + 1});
  }

  messages::hold_seats new_wish(std::uint64_t who) {
    auto number = ++holds_;
    return {{}, {}, {7, number}, buyer(who), std::vector<messages::section_wish>{}, number};
  }

  void wish_anew() {
    auto wish = new_wish(post_.below(buyer_count));
    auto first = static_cast<std::uint16_t>(post_.below(section_count));
    auto second = static_cast<std::uint16_t>((first + 1) % section_count);
    switch (post_.below(3)) {
      case 0:
        wish.wanted = domain::best_wish{.quantity = 2};
        break;
      case 1:
        wish.wanted = std::vector<messages::section_wish>{{section_no{first}, some_seats()}};
        break;
      default:
        wish.wanted =
            std::vector<messages::section_wish>{{section_no{first}, some_seats()}, {section_no{second}, some_seats()}};
    }
    wishes_.push_back(wish);
    ask(wish);
  }

  /// Most repeats follow soon. Some are another wish by the same key.
  void wish_again() {
    if (wishes_.empty())
      return;
    auto newest = std::min<std::uint64_t>(wishes_.size(), 3);
    auto wish = wishes_[post_.one_in(4) ? post_.below(wishes_.size()) : wishes_.size() - 1 - post_.below(newest)];
    if (post_.one_in(8))
      wish.wish_digest += 1'000'000;
    ask(wish);
  }

  /// As the event's actor does.
  void ask(const messages::hold_seats& wish) {
    auto refuse = [&](rejection why) { hear_answer(wish.hold, domain::refusal{.reason = why}); };
    if (!event_side_->ready())
      return refuse(rejection::overloaded);
    asked_first_by_.try_emplace(wish.hold, generation_);
    if (auto why = event_side_->refusal_of_open(wish.hold))
      return refuse(why->reason);
    if (auto why = event_side_->refusal_of_another(wish))
      return refuse(why->reason);
    const auto* known = event_side_->find(wish.hold);
    if (const auto* best = std::get_if<domain::best_wish>(&wish.wanted)) {
      if (known && known->parts.size() != 1)
        return refuse(rejection::idempotency_mismatch);
      if (known)
        return pass_on(wish, known->parts.front().section, *best);
      if (event_side_->has_ended(wish.hold))
        return refuse(rejection::hold_expired);
      if (auto why = event_side_->search(wish, best->quantity))
        return refuse(why->reason);
      is_at_rest_ = false;
      searches_[wish.hold] = {{{}, wish.hold, wish.buyer, *best, wish.wish_digest, {}, {}}, 0};
      return search_in_next(wish.hold, {.reason = rejection::sold_out});
    }
    const auto& parts = std::get<std::vector<messages::section_wish>>(wish.wanted);
    if (parts.size() == 1)
      return pass_on(wish, parts.front().section, parts.front().wanted);
    if (auto why = event_side_->spread(wish, now_ + hold_ttl))
      return refuse(why->reason);
    is_at_rest_ = false;
  }

  /// The answer bypasses the event, and the event never hears whether it was lost.
  void pass_on(const messages::hold_seats& wish, section_no section, const domain::wish& wanted) {
    undone_.erase(wish.hold);
    auto passed = event_side_->pass_on(wish, section, quantity_of(wanted));
    if (const auto* why = std::get_if<domain::refusal>(&passed))
      return hear_answer(wish.hold, *why);
    messages::hold_in_section here{
        {}, wish.hold, wish.buyer, wanted, wish.wish_digest, {}, std::get<messages::attempt>(passed)};
    auto reply = [this, section, hold = wish.hold](held_or_not what) {
      post_.send(post_office::section_and_buyers(section), {[this, hold, what] { hear_answer(hold, what); }});
    };
    post_.send(post_office::event_to_section(section),
               {[this, section, here, reply] { sections_[section.value()]->hold(here, reply); }});
  }

  void hear_answer(domain::hold_id hold, const held_or_not& what) {
    if (const auto* granted = std::get_if<messages::hold_granted>(&what)) {
      promised_.insert_or_assign(hold, *granted);
      undone_.erase(hold);
    } else
      refusals_[hold] = std::get<domain::refusal>(what).reason;
  }

  /// A buyer lets go of what they were promised. They do not come back if that is lost.
  void release_one() {
    if (promised_.empty())
      return;
    auto at = promised_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(post_.below(promised_.size())));
    let_go_.insert(at->first);
    for (const auto& part : at->second.sections) {
      messages::release_hold wish{{}, {}, at->first, at->second.buyer, {part.section}};
      post_.send(post_office::section_and_buyers(part.section), {[this, wish] {
                   sections_[wish.sections.front().value()]->release(wish, [this, wish](const held_or_not& what) {
                     if (std::holds_alternative<messages::hold_granted>(what))
                       released_.emplace(wish.hold, wish.sections.front());
                   });
                 }});
    }
  }

  struct search_state {
    messages::hold_in_section wish;
    std::uint16_t next = 0;
  };

  post_office post_;
  domain::instant now_{std::chrono::hours{1}};
  domain::shared_plan plan_ = three_rows();
  domain::event event_ = limited_event();
  generation generation_ = 0;
  shared_epoch as_of_;
  std::vector<std::unique_ptr<fake_section>> sections_;
  std::unique_ptr<event_side> event_side_;
  std::map<domain::hold_id, search_state> searches_;
  std::uint64_t holds_ = 0;
  std::vector<messages::hold_seats> wishes_;
  std::map<domain::hold_id, messages::hold_granted> promised_;
  std::map<domain::hold_id, rejection> refusals_;
  std::set<domain::hold_id> let_go_;
  std::set<domain::hold_id> undone_;                          ///< as far as the event has answered
  std::set<std::pair<domain::hold_id, section_no>> released_; ///< as a section has answered
  std::map<domain::hold_id, generation> asked_first_by_;
  unsigned deaths_of_1000_ = 15;
  bool is_at_rest_ = true; ///< as the event was told last
};

constexpr std::uint64_t seeds = 150;

} // namespace

SCENARIO("after any storm every buyer can take exactly their limit, and nothing is held for nobody") {
  GIVEN("an event and its sections, of whose messages a third is lost and the others come in any order") {
    std::size_t promises = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      CAF_MESSAGE("seed " << seed);
      town all{seed};
      for (int round = 0; round < 12; ++round) {
        all.storm({.lost_of_12 = 4, .reorders = true}, 150);
        all.calm();
        all.check_limits();
      }
      all.all_run_out();
      all.check_nothing_is_held();
      all.check_limits();
      all.check_everybody_gets_exactly_the_limit();
      promises += all.promises();
    }
    CAF_MESSAGE(promises << " holds were promised");
    CHECK_GT(promises, 20 * seeds); // something happened
  }
}

SCENARIO("while messages keep their order, what was promised is whole, whatever is lost") {
  GIVEN("an event and its sections, of whose messages a third is lost") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      CAF_MESSAGE("seed " << seed);
      town all{seed};
      for (int round = 0; round < 12; ++round) {
        all.storm({.lost_of_12 = 4}, 150);
        all.check_promises();
        all.calm();
        all.check_promises();
        all.check_limits();
        all.check_undone();
      }
    }
  }
}

SCENARIO("while only actors are lost, nobody need be asked but those who say that they have been started") {
  GIVEN("an event and its sections, which die and are followed by others") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      CAF_MESSAGE("seed " << seed);
      town all{seed};
      all.set_deaths(static_cast<unsigned>(seed % 3) * 10);
      for (int round = 0; round < 24; ++round) {
        all.storm({}, 75);
        all.calm();
        all.check_promises();
        all.check_limits();
        all.check_undone();
      }
      all.all_run_out();
      all.check_nothing_is_held();
      all.check_limits();
    }
  }
}
