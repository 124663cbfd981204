#include "cluster/shard_keeper.hpp"

#include "cluster/plan_change.hpp"
#include "cluster/shard_claims.hpp"
#include "domain/event.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/policy/select_all.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace usher::cluster {

namespace {

using domain::rejection;
using messages::to_error;

/// An event whose shards run here.
struct running_event {
  domain::shared_plan plan;
  std::shared_ptr<const std::string> plan_text;
  messages::event_actor event;
  std::vector<messages::section_actor> sections;
  messages::waiting_room_actor room;
};

/// Claims, starts and hears of the end. Blocks on the store: everything that may wait long is done here, and nothing
/// else is.
class keeper_state {
public:
  using self_pointer = messages::keeper_actor::pointer;
  static inline const char* name = "usher.keeper";

  keeper_state(self_pointer self, shard_factories factories, keeper_settings settings, messages::router_actor router)
      : self_(self), factories_(std::move(factories)), settings_(std::move(settings)), router_(std::move(router)),
        claims_(factories_.open_store, settings_.owner) {}

  /// Shards end with their keeper.
  ~keeper_state() {
    for (const auto& [id, event] : running_)
      stop(event);
  }

  messages::keeper_actor::behavior_type make_behavior() {
    self_->send(router_, messages::keeper_ready{}, me());
    look_later();
    return {
        [this](messages::put_event& wish) { return put(wish); },
        [this](messages::start_shards) { return start_all(); },
        [this](const messages::reclaim_shard& wish) { return reclaim(wish); },
        [this](const messages::shard_stopped& news) { stopped(news); },
    };
  }

private:
  using answer = caf::typed_response_promise<messages::event_view>;

  [[nodiscard]] messages::keeper_actor me() const { return caf::actor_cast<messages::keeper_actor>(self_); }

  // ---- the store ----

  /// Does `work` with the store. A store that is out of reach is left alone for a moment, so that those who ask
  /// meanwhile need not wait until it fails once more. Returns the refusal, if there is one.
  template <class Work>
  std::optional<domain::refusal> with_store(Work&& work) {
    if (self_->clock().now() < away_until_)
      return domain::refusal{.reason = rejection::store_unavailable};
    try {
      work();
      away_ = false;
      return std::nullopt;
    } catch (const persistence::store_unavailable& away) {
      if (!std::exchange(away_, true))
        log::of("cluster").warn("the store is out of reach: {}", away.what());
      away_until_ = self_->clock().now() + settings_.patience;
    } catch (const persistence::store_broken& broken) {
      give_up(std::string{"The store cannot be used: "} + broken.what());
    }
    return domain::refusal{.reason = rejection::store_unavailable};
  }

  void give_up(const std::string& sentence) {
    log::of("cluster").critical("{}", sentence);
    if (!std::exchange(gave_up_, true))
      settings_.on_fatal(sentence);
  }

  // ---- starting ----

  /// Starts every event of the store that does not run yet, and answers when all are announced: before that buyers
  /// would be told that there is no such event. What cannot be started now is tried again.
  caf::result<void> start_all() {
    start_again_ = false;
    auto refused = with_store([this] { start_stored_events(); });
    if (refused) {
      start_again_later();
      return to_error(*refused);
    }
    auto asked = self_->make_response_promise<void>();
    starters_.push_back(asked);
    answer_starters();
    return asked;
  }

  void answer_starters() {
    if (!introducing_.empty())
      return;
    for (auto& asked : std::exchange(starters_, {}))
      asked.deliver();
  }

  void start_again_later() {
    if (!std::exchange(start_again_, true))
      self_->delayed_send(me(), settings_.retry, messages::start_shards{});
  }

  struct taken_event {
    persistence::stored_event stored;
    domain::shared_plan plan;
    event_histories histories;
  };

  void start_stored_events() {
    std::map<domain::event_id, taken_event> taken;
    for (auto& stored : claims_.store().events()) {
      if (running_.contains(stored.id) || in_work_.contains(stored.id))
        continue;
      auto plan = read(stored);
      if (!plan)
        continue;
      auto histories = claims_.take_over(stored.id, section_count(*plan));
      auto id = stored.id;
      taken.emplace(id, taken_event{std::move(stored), std::move(plan), std::move(histories)});
    }
    if (taken.empty())
      return;
    // Up to then another process could replace the plan; now nobody else can.
    for (const auto& stored : claims_.store().events()) {
      auto found = taken.find(stored.id);
      if (found == taken.end())
        continue;
      if (stored == found->second.stored)
        start_taken(found->second);
      else
        start_again_later();
    }
  }

  /// Null when it cannot be read.
  [[nodiscard]] domain::shared_plan read(const persistence::stored_event& stored) const {
    try {
      if (auto plan = domain::with_numbers(factories_.read_plan(stored.plan), stored.supplement.numbering))
        return plan;
      throw std::runtime_error{"the numbers of its places are of another plan"};
    } catch (const std::exception& unreadable) {
      log::of("cluster").critical("event {} is not served: its stored plan cannot be read: {}", stored.id.value(),
                                  unreadable.what());
      return nullptr;
    }
  }

  void start_taken(taken_event& taken) {
    auto& stored = taken.stored;
    if (!write_due_settings(claims_.store(), stored, taken.histories.event))
      return taken_over({domain::shard_kind::event, stored.id, {}}, std::nullopt);
    auto text = std::make_shared<const std::string>(std::move(stored.plan));
    const auto& event = serve({}, stored.id, std::move(taken.plan), std::move(text), std::move(taken.histories));
    introducing_.insert(stored.id);
    self_->request(event.event, settings_.introduction, messages::describe_event{{}, stored.id})
        .then(
            [this](const messages::event_view& view) {
              announce(view, [] {});
              introduced(view.id);
            },
            [this, id = stored.id](const caf::error& why) {
              log::of("cluster").error("event {} does not say how it stands: {}", id.value(), to_string(why));
              introduced(id);
            });
  }

  void introduced(const domain::event_id& id) {
    introducing_.erase(id);
    answer_starters();
  }

  [[nodiscard]] static std::uint16_t section_count(const domain::seating_plan& plan) {
    return static_cast<std::uint16_t>(plan.sections().size());
  }

  /// Starts the actors of an event whose shards have been claimed.
  const running_event& serve(messages::trace_id asked_by, const domain::event_id& id, domain::shared_plan plan,
                             std::shared_ptr<const std::string> text, event_histories histories) {
    running_event started{plan, std::move(text), {}, {}, {}};
    started.event = factories_.start_event(id, std::move(histories.event), plan, me());
    for (std::size_t i = 0; i < histories.sections.size(); ++i)
      started.sections.push_back(factories_.start_section(id, domain::section_no{static_cast<std::uint16_t>(i)},
                                                          std::move(histories.sections[i]), plan, started.event, me()));
    started.room = factories_.start_waiting_room(id, std::move(histories.room), me());
    self_->send(started.event, messages::event_peers{}, started.sections, started.room);
    log::of("cluster").info("{}serving event {}: {} sections, {} places", messages::line_start(asked_by), id.value(),
                            started.sections.size(), plan->capacity());
    return running_.insert_or_assign(id, std::move(started)).first->second;
  }

  /// Calls `then` when whoever hears an answer after that has heard of the event as it is now.
  template <class Then>
  void announce(const messages::event_view& view, Then then) {
    const auto& running = running_.at(view.id);
    self_
        ->request(router_, caf::infinite,
                  messages::event_announced{view.id, running.plan, running.plan_text, view.settings.currency,
                                            view.settings.waiting_room},
                  running.event, running.sections, running.room)
        .then(then, [then](const caf::error&) mutable { then(); });
  }

  // ---- creating and changing ----

  caf::result<messages::event_view> put(messages::put_event& wish) {
    if (auto wrong = domain::check(wish.settings, wish.plan->categories().size()))
      return to_error(*wrong);
    if (wish.plan->sections().empty() || wish.plan->sections().size() > most_sections)
      return to_error(domain::refusal{.reason = rejection::bad_request, .detail = "A plan has 1 to 65535 sections."});
    if (in_work_.contains(wish.id))
      return to_error(rejection::in_progress);
    auto asked = self_->make_response_promise<messages::event_view>();
    in_work_.insert(wish.id);
    auto running = running_.find(wish.id);
    if (running == running_.end())
      create(wish, asked);
    else if (*running->second.plan_text == *wish.plan_text)
      define(wish, asked);
    else
      ask_how_places_stand(wish, asked);
    return asked;
  }

  void refuse(const domain::event_id& id, const domain::refusal& why, answer asked) {
    in_work_.erase(id);
    asked.deliver(to_error(why));
  }

  void create(const messages::put_event& wish, answer asked) {
    auto is_waiting = false; // in the store, but it could not be started yet
    auto refused = with_store([&] {
      auto known = claims_.store().events();
      is_waiting = std::any_of(known.begin(), known.end(), [&](const auto& each) { return each.id == wish.id; });
      if (is_waiting)
        return;
      claims_.store().put_event({wish.id, *wish.plan_text}, section_count(*wish.plan));
      serve(wish.trace, wish.id, wish.plan, wish.plan_text, claims_.take_over(wish.id, section_count(*wish.plan)));
    });
    if (!refused && !is_waiting)
      return define(wish, asked);
    // Perhaps it was created although the store did not say so.
    start_again_later();
    refuse(wish.id, refused.value_or(domain::refusal{.reason = rejection::overloaded}), asked);
  }

  void define(const messages::put_event& wish, answer asked) {
    self_->request(running_.at(wish.id).event, caf::infinite, messages::define_event{wish.trace, wish.settings})
        .then(
            [this, asked](const messages::event_view& view) { defined(view, asked); },
            [this, id = wish.id, asked](const caf::error& why) { not_defined(id, messages::to_refusal(why), asked); });
  }

  void defined(const messages::event_view& view, answer asked) {
    in_work_.erase(view.id);
    announce(view, [asked, view]() mutable { asked.deliver(view); });
  }

  /// The plan may be a new one all the same, and whoever reads plans must have it.
  void not_defined(const domain::event_id& id, const domain::refusal& why, answer asked) {
    self_->request(running_.at(id).event, caf::infinite, messages::describe_event{{}, id})
        .then([this](const messages::event_view& view) { announce(view, [] {}); }, [](const caf::error&) {});
    refuse(id, why, asked);
  }

  /// A plan in whose way somebody's seat stands is refused without any interruption of the sale. What the sections say
  /// holds until they say something else: `replace_plan` looks again when nobody can take seats any more.
  void ask_how_places_stand(const messages::put_event& wish, answer asked) {
    self_
        ->fan_out_request<caf::policy::select_all>(running_.at(wish.id).sections, caf::infinite,
                                                   messages::list_places{})
        .then([this, wish, asked](std::vector<messages::section_places> all) { places_stand(wish, asked, all); },
              [this, id = wish.id, asked](const caf::error& why) { refuse(id, messages::to_refusal(why), asked); });
  }

  void places_stand(const messages::put_event& wish, answer asked, std::vector<messages::section_places>& all) {
    std::vector<domain::section_standing> standings(all.size());
    for (auto& section : all)
      standings.at(section.section.value()) = std::move(section.places);
    domain::instant now;
    if (auto refused = with_store([&] { now = claims_.store().now(); }))
      return refuse(wish.id, *refused, asked);
    auto numbering = domain::renumber(*running_.at(wish.id).plan, *wish.plan, standings, now);
    if (auto* why = std::get_if<domain::refusal>(&numbering))
      return refuse(wish.id, *why, asked);
    replace_plan(wish, asked);
  }

  /// Starts the event anew on another plan. What its shards were doing is answered with an error; what they
  /// have written stays.
  ///
  /// From the moment that all shards are claimed nobody can hold, sell or block a seat, so what their histories say is
  /// final. The plan, the numbers of its places and its settings are replaced in one step: a process that dies before
  /// leaves the old ones to whoever comes next, one that dies after it the new ones.
  void replace_plan(const messages::put_event& wish, answer asked) {
    auto old = std::move(running_.extract(wish.id).mapped());
    stop(old);
    std::optional<domain::refusal> in_the_way;
    auto refused = with_store([&] { in_the_way = exchange_plan(wish, old); });
    if (!running_.contains(wish.id)) {
      if (!gave_up_)
        start_again_later();
      return refuse(wish.id, refused.value_or(domain::refusal{.reason = rejection::store_unavailable}), asked);
    }
    if (in_the_way)
      return not_defined(wish.id, *in_the_way, asked);
    define(wish, asked);
  }

  /// Serves the event on its next plan, or, if a seat is in the way, on the old one and says so. Serves it not at all
  /// when another process has taken it over.
  std::optional<domain::refusal> exchange_plan(const messages::put_event& wish, const running_event& old) {
    auto histories = claims_.take_over(wish.id, section_count(*old.plan));
    auto decided = change_plan(old.plan, wish, histories, claims_.store().now());
    if (auto* why = std::get_if<domain::refusal>(&decided)) {
      serve(wish.trace, wish.id, old.plan, old.plan_text, std::move(histories));
      return *std::move(why);
    }
    auto& next = std::get<next_plan>(decided);
    auto count = section_count(*next.plan);
    if (!claims_.store().replace_plan(next.stored, count, histories.event.epoch)
        || !write_due_settings(claims_.store(), next.stored, histories.event)) {
      taken_over({domain::shard_kind::event, wish.id, {}}, std::nullopt);
      return std::nullopt;
    }
    while (histories.sections.size() < count)
      histories.sections.push_back(claims_.take_over_section(
          wish.id, domain::section_no{static_cast<std::uint16_t>(histories.sections.size())}));
    serve(wish.trace, wish.id, next.plan, wish.plan_text, std::move(histories));
    return std::nullopt;
  }

  static void stop(const running_event& old) {
    caf::anon_send_exit(old.event, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(old.room, caf::exit_reason::user_shutdown);
    for (const auto& section : old.sections)
      caf::anon_send_exit(section, caf::exit_reason::user_shutdown);
  }

  // ---- shards in doubt, and shards that stopped ----

  caf::result<messages::shard_reclaimed> reclaim(const messages::reclaim_shard& wish) {
    // One that was stopped for a new plan must not take its shard from the one that serves it now.
    if (!is_running(wish.shard, self_->current_sender()))
      return to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another actor has the shard."});
    std::optional<persistence::shard_history> history;
    if (auto refused = with_store([&] { history = claims_.reclaim(wish.shard, wish.epoch); }))
      return to_error(*refused);
    if (!history)
      return to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another process has the shard."});
    return messages::shard_reclaimed{history->epoch, history->last, std::move(history->snapshot),
                                     std::move(history->facts)};
  }

  [[nodiscard]] bool is_running(const domain::shard_id& shard, const caf::strong_actor_ptr& who) const {
    auto found = running_.find(shard.event);
    if (found == running_.end())
      return false;
    const auto& event = found->second;
    switch (shard.kind) {
      case domain::shard_kind::event:
        return event.event == who;
      case domain::shard_kind::waiting_room:
        return event.room == who;
      case domain::shard_kind::section:
        break;
    }
    return shard.section.value() < event.sections.size() && event.sections[shard.section.value()] == who;
  }

  void stopped(const messages::shard_stopped& news) {
    if (!is_running(news.shard, self_->current_sender()))
      return;
    if (news.why != messages::append_failure::fenced) {
      log::of("cluster").critical("shard {} is not served any more: {}", domain::to_string(news.shard), news.sentence);
      return;
    }
    taken_over(news.shard, present_epoch(news.shard));
  }

  void taken_over(const domain::shard_id& shard, std::optional<domain::epoch> present) {
    auto epoch = present ? " (its epoch is now " + std::to_string(present->value()) + ")" : std::string{};
    give_up("Shard " + domain::to_string(shard) + " was taken over by another process on the same store" + epoch
            + ". This process stops.");
  }

  [[nodiscard]] std::optional<domain::epoch> present_epoch(const domain::shard_id& shard) {
    std::optional<domain::epoch> result;
    with_store([&] {
      for (const auto& row : claims_.store().shards(shard.event))
        if (row.shard == shard)
          result = row.epoch;
    });
    return result;
  }

  void look_later() {
    self_->run_delayed(settings_.look, [this] {
      look();
      if (!gave_up_)
        look_later();
    });
  }

  /// Who writes hears from the fence that it was taken over; who has nothing to write must look. One event at a time:
  /// who takes a store over takes over every event in it. And how far the journals reach is noted here rather than with
  /// each group of facts, which would cost every group a write.
  void look() {
    auto next = running_.upper_bound(looked_at_);
    if (next == running_.end())
      next = running_.begin();
    if (next == running_.end())
      return;
    looked_at_ = next->first;
    with_store([this] {
      if (auto lost = claims_.lost(looked_at_))
        taken_over(lost->shard, lost->epoch);
      else
        claims_.store().note_ends(looked_at_);
    });
  }

  static constexpr std::size_t most_sections = 65'535;

  self_pointer self_;
  shard_factories factories_;
  keeper_settings settings_;
  messages::router_actor router_;
  shard_claims claims_;
  std::map<domain::event_id, running_event> running_;
  std::set<domain::event_id> in_work_;                      ///< events that are being created or changed
  std::set<domain::event_id> introducing_;                  ///< events that were started and are not announced yet
  std::vector<caf::typed_response_promise<void>> starters_; ///< waiting for those
  domain::event_id looked_at_;                              ///< the last one
  bool away_ = false;                                       ///< the store, when it was last asked
  caf::actor_clock::time_point away_until_ = caf::actor_clock::time_point::min();
  bool start_again_ = false; ///< it is on its way
  bool gave_up_ = false;
};

} // namespace

messages::keeper_actor spawn_shard_keeper(caf::actor_system& system, shard_factories factories,
                                          keeper_settings settings, messages::router_actor router,
                                          keeper_thread thread) {
  using actor = messages::keeper_actor::stateful_impl<keeper_state>;
  if (thread == keeper_thread::own)
    return system.spawn<actor, caf::detached>(std::move(factories), std::move(settings), std::move(router));
  return system.spawn<actor>(std::move(factories), std::move(settings), std::move(router));
}

} // namespace usher::cluster
