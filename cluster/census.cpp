#include "cluster/census.hpp"

#include "cluster/census_metrics.hpp"
#include "cluster/link_watch.hpp"
#include "cluster/lookout.hpp"
#include "log/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <fmt/chrono.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace usher::cluster {

namespace {

using namespace std::chrono_literals;
using persistence::coordination;
using persistence::join_obstacle;
using persistence::join_refused;

// ---- sentences ----

std::string who(const std::optional<member>& it) {
  if (!it)
    return "one that has just ended";
  auto name = it->card.name.empty() ? std::string{} : "\"" + it->card.name + "\", ";
  return fmt::format(
      "node {} ({}for other nodes at {}, for clients at {}), which is {} since {:%F %T} UTC", it->number.value(), name,
      it->card.link.empty() ? "no address" : it->card.link, it->card.http.empty() ? "no address" : it->card.http,
      it->status == node_status::up ? "up" : "alive", std::chrono::floor<std::chrono::seconds>(it->since));
}

/// What is in the way, and the ways out.
std::string sentence_of(const join_refused& refused, const persistence::node_card& card, coordination& store) {
  switch (refused.why) {
    case join_obstacle::name_taken:
      return "the name \"" + card.name + "\" is taken by " + who(refused.in_the_way)
             + ": stop that one, or start this one with another cluster.name";
    case join_obstacle::served_alone:
      return "this store is served alone by a node without a name, " + who(refused.in_the_way)
             + ": stop that one, and give it a name (cluster.name) if both are to serve the store";
    case join_obstacle::served_by_cluster:
      return "this store is served by nodes with names, one of them " + who(refused.in_the_way)
             + ": give this one a name, too (cluster.name), or stop all of them";
    case join_obstacle::level:
      break;
  }
  return "the cluster of this store is on level " + std::to_string(store.cluster().level)
         + ", and this program knows the levels " + std::to_string(card.level_from) + " to "
         + std::to_string(card.level_to) + ": start another release of it";
}

messages::node_seen seen(incarnation number, const std::string& owner, const persistence::node_card& card,
                         bool may_take) {
  return {number.value(), card.name, owner, card.weight, may_take, card.link};
}

// ---- the actor ----

class census_state {
public:
  static inline const char* name = "usher.census";

  census_state(caf::event_based_actor* self, census_settings settings, census_ports ports, life first,
               messages::keeper_actor keeper)
      : self_(self), settings_(std::move(settings)), ports_(std::move(ports)), keeper_(std::move(keeper)),
        lookout_(settings_.watch, ports_.now), metrics_(self->system().metrics()), life_(std::move(first)),
        beaten_(ports_.now()), beat_due_(beaten_) {}

  caf::behavior make_behavior() {
    self_->set_exit_handler([this](caf::exit_msg& told) {
      leave();
      self_->quit(std::move(told.reason));
    });
    work_now_and_then();
    return {
        [this](caf::tick_atom) { work_now_and_then(); },
        [this](messages::flush) { work(); },
        [this](const messages::link_changed& said) { hear(said); },
        [this](const messages::store_cut_off& said) { hear(said); },
    };
  }

private:
  void work_now_and_then() {
    work();
    if (!gave_up_)
      self_->delayed_send(self_, settings_.look, caf::tick_atom_v);
  }

  /// Once for everything that is in the mailbox now.
  void work_soon() {
    if (!std::exchange(work_due_, true))
      self_->send(self_, messages::flush{});
  }

  void hear(const auto& said) {
    if (links_.note(said))
      work_soon();
  }

  void work() {
    work_due_ = false;
    if (gave_up_)
      return;
    try {
      take_part();
      if (std::exchange(away_, false))
        log::of("cluster").info("the store answers the census again");
    } catch (const persistence::store_unavailable& away) {
      if (!std::exchange(away_, true))
        log::of("cluster").warn("the store does not answer the census: {}", away.what());
      news_.reset(); // it may be lost, too, and would not show it
    } catch (const std::exception& why) {
      give_up(std::string{"The store cannot be used: "} + why.what());
    }
    say_whether_cut_off();
  }

  void take_part() {
    connect();
    if (!life_ && !is_letting_go_)
      join_again();
    else if (life_ && ports_.now() >= beat_due_)
      beat();
    if (is_alone())
      return tell_of_itself();
    look();
    listen();
  }

  [[nodiscard]] bool is_alone() const { return settings_.card.name.empty(); }

  [[nodiscard]] std::unique_ptr<coordination> open() const {
    auto fresh = ports_.open();
    if (life_)
      fresh->act_for(life_->number);
    return fresh;
  }

  void connect() {
    if (!store_)
      store_ = open();
  }

  void give_up(const std::string& sentence) {
    log::of("cluster").critical("{}", sentence);
    gave_up_ = true;
    ports_.on_fatal(sentence);
  }

  // ---- its life ----

  void beat() {
    auto sent = ports_.now();
    if (!store_->beat(life_->number, ports_.figures ? ports_.figures() : std::string{}))
      return lose();
    ports_.right->note_beat(sent);
    beaten_ = sent;
    beat_due_ = sent + settings_.beat;
  }

  /// What its links have said by now is about the life that has ended: it joins again when it has heard that.
  void lose() {
    ports_.right->end();
    auto ended = *std::exchange(life_, std::nullopt);
    if (is_alone())
      return give_up("This node was taken over by another process on the same store. This process stops.");
    news_.reset(); // its connection bears the name of the life that has ended
    note_status(std::nullopt);
    let_go();
    log::of("cluster").warn("this node, {}, was ended by others, and joins again", ended.number.value());
  }

  /// The right to answer comes with the next life, which must not begin while shards of the last one are still served:
  /// the keeper may be waiting for the store just now.
  void let_go() {
    is_letting_go_ = true;
    told_ = messages::view_changed{};
    if (ports_.switchboard)
      self_->send(ports_.switchboard, messages::view_changed{});
    auto has_let_go = [this] {
      is_letting_go_ = false;
      work_soon();
    };
    self_->request(keeper_, caf::infinite, messages::view_changed{}).then(has_let_go, [has_let_go](const caf::error&) {
      has_let_go();
    });
  }

  void join_again() {
    auto card = settings_.card;
    card.owner = next_owner();
    auto answer = store_->join(card);
    if (const auto* refused = std::get_if<join_refused>(&answer)) {
      if (std::exchange(hindered_by_, refused->why) != refused->why)
        log::of("cluster").warn("this node cannot join again yet: {}", sentence_of(*refused, card, *store_));
      return;
    }
    life_ = life{std::get<incarnation>(answer), card.owner};
    links_.start_over();
    awaited_.clear();
    next_owner_.clear();
    hindered_by_.reset();
    log::of("cluster").info("this node has joined again, as {}", life_->number.value());
    if (ports_.joined)
      ports_.joined(life_->number);
    beaten_ = beat_due_ = ports_.now(); // whoever has joined has beaten
    ports_.right->begin(beat_due_);
    beat();
  }

  /// The owner of the last attempt to join, which may have succeeded although no answer came. Whoever has joined and
  /// does not beat is ended in the end, and then its owner does not come back.
  const std::string& next_owner() {
    auto now = ports_.now();
    if (next_owner_.empty() || now - owner_drawn_ > settings_.watch.silence / 2) {
      next_owner_ = ports_.draw_owner();
      owner_drawn_ = now;
    }
    return next_owner_;
  }

  void leave() {
    ports_.right->end();
    if (!life_)
      return;
    try {
      connect();
      store_->change_status(life_->number, node_status::left);
    } catch (const std::exception& why) {
      log::of("cluster").warn("the store was not told that this node has left: {}", why.what());
    }
  }

  /// Tells the others when no beat was counted for too long, and when one is again. Whoever of them reaches the store
  /// ends this node then, so it has fallen silent before it tells them.
  void say_whether_cut_off() {
    auto cut_off = life_ && !is_alone() && ports_.now() - beaten_ >= settings_.cut_off;
    if (std::exchange(cut_off_, cut_off) == cut_off || !ports_.cut_off_from_store)
      return;
    if (cut_off)
      ports_.right->waive(ports_.now());
    ports_.cut_off_from_store(cut_off);
  }

  // ---- the others ----

  void look() {
    auto all = lookout_.read(*store_);
    if (life_ && settle(all))
      all = lookout_.read(*store_);
    auto own = life_ ? std::optional{links_.seen_by(life_->number)} : std::nullopt;
    for (const auto& ended : lookout_.judge(*store_, all, own))
      metrics_.count_end(ended.kind);
    links_.keep_only(all.members);
    metrics_.show(all);
    if (life_)
      tell_of(all);
  }

  /// Whether the store says something else now.
  bool settle(const membership& all) {
    auto is_corrected = correct_cuts(all);
    return come_up(all) || is_corrected;
  }

  bool correct_cuts(const membership& all) {
    auto corrections = links_.corrections(all, life_->number);
    for (const auto& [other, cut] : corrections) {
      if (cut)
        note_cut(other, *cut);
      else
        store_->lift_cut(life_->number, other);
      if (ports_.now() >= beat_due_)
        break; // a slow store hears the rest after the beat
    }
    return !corrections.empty();
  }

  void note_cut(incarnation other, persistence::cut_kind kind) {
    log::of("cluster").warn("node {} notes that it does not reach node {}, which {}", life_->number.value(),
                            other.value(), kind == persistence::cut_kind::refused ? "refuses" : "is silent");
    store_->note_cut(life_->number, other, kind);
  }

  /// A node that is joining is up when it reaches everybody who serves.
  bool come_up(const membership& all) {
    auto me = std::ranges::find(all.members, life_->number, &member::number);
    if (me == all.members.end() || me->status != node_status::joining)
      return false;
    auto missing = settings_.links ? links_.missing(all, life_->number) : std::vector<member>{};
    say_who_is_missing(missing);
    return missing.empty() && store_->change_status(life_->number, node_status::up);
  }

  void say_who_is_missing(const std::vector<member>& missing) {
    std::vector<incarnation> numbers;
    std::string list;
    for (const auto& one : missing) {
      numbers.push_back(one.number);
      list += (list.empty() ? "" : "; ") + who(one);
    }
    if (std::exchange(awaited_, numbers) == numbers)
      return;
    if (missing.empty())
      log::of("cluster").info("this node, {}, has links to everybody who serves", life_->number.value());
    else
      log::of("cluster").warn("this node, {}, takes nothing on before it has links to: {}", life_->number.value(),
                              list);
  }

  // ---- what the keeper and the switchboard are told ----

  void tell_of(const membership& all) {
    const auto& living = all.members;
    auto me = std::ranges::find(living, life_->number, &member::number);
    if (me == living.end())
      return lose();
    note_status(me->status);
    std::vector<messages::node_seen> nodes;
    nodes.reserve(living.size());
    for (const auto& one : living)
      nodes.push_back(seen(one.number, one.card.owner, one.card, one.status == node_status::up));
    tell({life_->number.value(), life_->owner, std::move(nodes), all.rebalances});
  }

  void note_status(std::optional<node_status> status) {
    if (std::exchange(status_, status) != status && ports_.status_changed)
      ports_.status_changed(status);
  }

  void tell_of_itself() {
    if (life_)
      tell({life_->number.value(), life_->owner, {seen(life_->number, life_->owner, settings_.card, true)}});
  }

  void tell(messages::view_changed view) {
    if (told_ == view)
      return;
    told_ = view;
    if (ports_.switchboard)
      self_->send(ports_.switchboard, view);
    self_->send(keeper_, std::move(view));
  }

  void listen() {
    if (!life_)
      return;
    if (!news_)
      news_ = open();
    auto news = news_->listen(0ms);
    if (news.missed || news.shards || !news.events.empty())
      self_->send(keeper_, messages::store_changed{});
  }

  caf::event_based_actor* self_;
  const census_settings settings_;
  const census_ports ports_;
  const messages::keeper_actor keeper_;
  lookout lookout_;
  census_metrics metrics_;
  link_watch links_;
  std::unique_ptr<coordination> store_; ///< none before it has answered
  std::unique_ptr<coordination> news_;  ///< another one, which listens
  std::optional<life> life_;            ///< none after it has ended
  tick beaten_;                         ///< most recently, and it was counted
  tick beat_due_;
  std::string next_owner_; ///< empty unless it is to join again
  tick owner_drawn_;
  std::optional<join_obstacle> hindered_by_; ///< what keeps it from joining again
  std::vector<incarnation> awaited_;         ///< those whom it does not reach keep it from being up
  std::optional<messages::view_changed> told_;
  std::optional<node_status> status_; ///< as told
  bool is_letting_go_ = false;        ///< the keeper, of the shards of a life that has ended
  bool work_due_ = false;             ///< a message to itself says so
  bool away_ = false;                 ///< the store was, when it was last asked
  bool cut_off_ = false;              ///< the others were told so
  bool gave_up_ = false;
};

/// Why a node must not live beside one of these.
std::optional<std::string> objection_to(const membership& all, const census_settings& settings) {
  if (settings.objection)
    for (const auto& one : all.members)
      if (auto why = settings.objection(one))
        return why;
  return std::nullopt;
}

std::variant<life, join_refused> try_to_join(coordination& store, const persistence::node_card& card,
                                             const census_settings& settings, const census_ports& ports) {
  auto sent = ports.now();
  auto answer = store.join(card);
  if (auto* refused = std::get_if<join_refused>(&answer))
    return std::move(*refused);
  auto me = std::get<incarnation>(answer);
  ports.right->note_beat(sent); // whoever has joined just now has beaten
  if (!card.name.empty() && !settings.links)
    store.change_status(me, node_status::up);
  if (ports.joined)
    ports.joined(me);
  return life{me, card.owner};
}

} // namespace

life join(const census_settings& settings, const census_ports& ports,
          const std::function<void(std::chrono::milliseconds)>& wait) {
  auto store = ports.open();
  auto card = settings.card;
  card.owner = ports.draw_owner();
  lookout others{settings.watch, ports.now};
  auto patience = settings.watch.silence + 1s;
  auto until = ports.now() + patience;
  for (std::string waits_for;;) {
    auto all = others.read(*store);
    auto why = objection_to(all, settings);
    if (!why) {
      auto answer = try_to_join(*store, card, settings, ports);
      if (const auto* begun = std::get_if<life>(&answer))
        return *begun;
      why = sentence_of(std::get<join_refused>(answer), card, *store);
      if (std::get<join_refused>(answer).why == join_obstacle::level)
        throw persistence::store_broken{*why};
    }
    if (ports.now() >= until)
      throw persistence::store_broken{*why};
    if (std::exchange(waits_for, *why) != *why)
      log::of("cluster").warn("{}. This node waits up to {} s for it to end", *why,
                              std::chrono::duration<double>{patience}.count());
    others.judge(*store, all, std::nullopt);
    wait(settings.look);
  }
}

census_actor spawn_census(caf::actor_system& system, census_settings settings, census_ports ports, life first,
                          messages::keeper_actor keeper, census_thread thread) {
  using actor = caf::stateful_actor<census_state>;
  if (thread == census_thread::own)
    return system.spawn<actor, caf::detached>(std::move(settings), std::move(ports), std::move(first),
                                              std::move(keeper));
  return system.spawn<actor>(std::move(settings), std::move(ports), std::move(first), std::move(keeper));
}

} // namespace usher::cluster
