#include "cluster/census.hpp"

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
using persistence::end_answer;
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

// ---- looking at the others ----

/// Looks at who lives, and ends whoever is silent.
class lookout {
public:
  explicit lookout(const member_watch_limits& limits) : limits_(limits), watch_(limits) {}

  /// Who lives now, the oldest first. `me` is nobody before it has joined.
  std::vector<member> look(coordination& store, const std::function<tick()>& now, std::optional<incarnation> me) {
    auto asked = now();
    auto all = store.members();
    auto answered = now();
    watch_.note(all, asked, answered);
    for (const auto& silent : watch_.silent(answered))
      if (silent.number != me)
        end(store, silent, me, all.members);
    return std::move(all.members);
  }

private:
  /// Takes who does not live any more from the `living`.
  void end(coordination& store, const member_watch::silent_member& silent, std::optional<incarnation> me,
           std::vector<member>& living) const {
    auto why = fmt::format("its beat stood still for {} s", std::chrono::duration<double>{limits_.silence}.count());
    auto answer =
        me ? store.end_node(*me, silent.number, silent.beat, why) : store.end_silent(silent.number, silent.beat, why);
    if (answer == end_answer::ended)
      log::of("cluster").warn("node {} was ended: {}", silent.number.value(), why);
    if (answer == end_answer::alive)
      return;
    auto ended = answer == end_answer::accuser_ended ? me : silent.number;
    std::erase_if(living, [ended](const auto& one) { return one.number == ended; });
  }

  member_watch_limits limits_;
  member_watch watch_;
};

messages::node_seen seen(incarnation number, const std::string& owner, const persistence::node_card& card,
                         bool may_take) {
  return {number.value(), card.name, owner, card.weight, may_take};
}

// ---- the actor ----

class census_state {
public:
  static inline const char* name = "usher.census";

  census_state(caf::event_based_actor* self, census_settings settings, census_ports ports, life first,
               messages::keeper_actor keeper)
      : self_(self), settings_(std::move(settings)), ports_(std::move(ports)), keeper_(std::move(keeper)),
        lookout_(settings_.watch), life_(std::move(first)), beat_due_(ports_.now()) {}

  caf::behavior make_behavior() {
    self_->set_exit_handler([this](caf::exit_msg& told) {
      leave();
      self_->quit(std::move(told.reason));
    });
    work();
    return {[this](caf::tick_atom) { work(); }};
  }

private:
  void work() {
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
    if (!gave_up_)
      self_->delayed_send(self_, settings_.look, caf::tick_atom_v);
  }

  void take_part() {
    connect();
    if (life_ && ports_.now() >= beat_due_)
      beat();
    if (is_alone())
      return tell_of_itself();
    if (!life_)
      join_again();
    look();
    listen();
  }

  [[nodiscard]] bool is_alone() const { return settings_.card.name.empty(); }
  [[nodiscard]] std::optional<incarnation> me() const { return life_ ? std::optional{life_->number} : std::nullopt; }

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
    auto counted = store_->beat(life_->number);
    if (!counted)
      return lose();
    ports_.right->note_beat(sent);
    beat_due_ = sent + settings_.beat;
    if (counted->status == node_status::joining) // there are no links yet to be waited for
      store_->change_status(life_->number, node_status::up);
  }

  void lose() {
    ports_.right->end();
    auto ended = *std::exchange(life_, std::nullopt);
    if (is_alone())
      return give_up("This node was taken over by another process on the same store. This process stops.");
    news_.reset(); // its connection bears the name of the life that has ended
    tell({});
    log::of("cluster").warn("this node, {}, was ended by others, and joins again", ended.number.value());
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
    next_owner_.clear();
    hindered_by_.reset();
    log::of("cluster").info("this node has joined again, as {}", life_->number.value());
    if (ports_.joined)
      ports_.joined(life_->number);
    beat_due_ = ports_.now();
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

  // ---- what the keeper is told ----

  void look() {
    auto living = lookout_.look(*store_, ports_.now, me());
    if (!life_)
      return;
    std::vector<messages::node_seen> nodes;
    nodes.reserve(living.size());
    for (const auto& one : living)
      nodes.push_back(seen(one.number, one.card.owner, one.card, one.status == node_status::up));
    if (std::ranges::find(living, life_->number, &member::number) == living.end())
      return lose();
    tell({life_->number.value(), life_->owner, std::move(nodes)});
  }

  void tell_of_itself() {
    if (life_)
      tell({life_->number.value(), life_->owner, {seen(life_->number, life_->owner, settings_.card, true)}});
  }

  void tell(messages::view_changed view) {
    if (told_ == view)
      return;
    told_ = view;
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
  std::unique_ptr<coordination> store_; ///< none before it has answered
  std::unique_ptr<coordination> news_;  ///< another one, which listens
  std::optional<life> life_;            ///< none after it has ended
  tick beat_due_;
  std::string next_owner_; ///< empty unless it is to join again
  tick owner_drawn_;
  std::optional<join_obstacle> hindered_by_; ///< what keeps it from joining again
  std::optional<messages::view_changed> told_;
  bool away_ = false; ///< the store was, when it was last asked
  bool gave_up_ = false;
};

} // namespace

life join(const census_settings& settings, const census_ports& ports,
          const std::function<void(std::chrono::milliseconds)>& wait) {
  auto store = ports.open();
  auto card = settings.card;
  card.owner = ports.draw_owner();
  lookout others{settings.watch};
  auto patience = settings.watch.silence + 1s;
  auto until = ports.now() + patience;
  for (std::optional<join_obstacle> waits_for;;) {
    auto sent = ports.now();
    auto answer = store->join(card);
    if (const auto* me = std::get_if<incarnation>(&answer)) {
      ports.right->note_beat(sent); // whoever has joined just now has beaten
      if (!card.name.empty())       // there are no links yet to be waited for
        store->change_status(*me, node_status::up);
      if (ports.joined)
        ports.joined(*me);
      return {*me, card.owner};
    }
    const auto& refused = std::get<join_refused>(answer);
    if (refused.why == join_obstacle::level || ports.now() >= until)
      throw persistence::store_broken{sentence_of(refused, card, *store)};
    if (std::exchange(waits_for, refused.why) != refused.why)
      log::of("cluster").warn("{}. This node waits up to {} s for it to end", sentence_of(refused, card, *store),
                              std::chrono::duration<double>{patience}.count());
    others.look(*store, ports.now, std::nullopt);
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
