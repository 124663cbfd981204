#include "cluster/router.hpp"

#include "cluster/shard_map.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace usher::cluster {

namespace {

using domain::rejection;
using messages::to_error;

template <class Delegated>
struct as_result;

template <class... Ts>
struct as_result<caf::delegated<Ts...>> {
  using type = caf::result<Ts...>;
};

/// Finds shards' doors and forwards; decides nothing and waits for nothing. An event is announced again when some of
/// its shards have other actors: gateways and shards are introduced to each other anew.
class router_state {
  // ---- where to ----

  /// Has `home` answer in our place; `not_found` when it is null.
  template <class Handle, class... Ts>
  auto hand_on(const Handle* home, Ts&... xs) {
    using answer = typename as_result<decltype(self_->delegate(*home, std::move(xs)...))>::type;
    if (!home)
      return answer{to_error(rejection::not_found)};
    return answer{self_->delegate(*home, std::move(xs)...)};
  }

  template <class Wish>
  auto to_event(Wish& wish) {
    const auto* homes = map_.find(wish.event);
    return hand_on(homes ? &homes->event : nullptr, wish);
  }

  template <class Wish, class... More>
  auto to_room(Wish& wish, More&... more) {
    const auto* homes = map_.find(wish.event);
    return hand_on(homes ? &homes->room : nullptr, wish, more...);
  }

  template <class Wish, class... More>
  auto to_section(Wish& wish, More&... more) {
    const auto* homes = map_.find(wish.event);
    return hand_on(homes ? homes->section(wish.section) : nullptr, wish, more...);
  }

  /// A hold in one section is that section's alone; one over several is gathered by the event, which also knows of
  /// sections that have just been added and are not announced yet.
  template <class Wish>
  auto to_hold(Wish& wish) {
    const auto* homes = map_.find(wish.event);
    const auto* only = homes && wish.sections.size() == 1 ? homes->section(wish.sections.front()) : nullptr;
    return only ? hand_on(only, wish) : to_event(wish);
  }

public:
  using self_pointer = messages::router_actor::pointer;
  static inline const char* name = "usher.router";

  router_state(self_pointer self, messages::switchboard_actor switchboard)
      : self_(self), switchboard_(std::move(switchboard)) {}

  messages::router_actor::behavior_type make_behavior() {
    self_->set_down_handler([this](const caf::down_msg& gone) { forget(gone.source); });
    if (switchboard_)
      self_->send(switchboard_, messages::router_ready{}, caf::actor_cast<messages::router_actor>(self_));
    return {
        [this](messages::hold_seats& wish) { return to_event(wish); },
        [this](messages::release_hold& wish) { return to_hold(wish); },
        [this](messages::find_hold& wish) { return to_hold(wish); },
        [this](messages::start_order& wish) { return to_event(wish); },
        [this](messages::find_order& wish) { return to_event(wish); },
        [this](messages::cancel_order& wish) { return to_event(wish); },
        [this](messages::list_orders& wish) { return to_event(wish); },
        [this](messages::refund_order& wish) { return to_event(wish); },
        [this](messages::refund_orders& wish) { return to_event(wish); },
        [this](messages::describe_event& wish) { return to_event(wish); },
        [this](const messages::list_events&) { return map_.events(); },
        [this](messages::put_event& wish) { return to_keeper(wish); },
        [this](messages::change_event& wish) { return to_event(wish); },
        [this](messages::block_seats& wish) { return to_event(wish); },
        [this](messages::report_event& wish) { return to_event(wish); },
        [this](messages::list_own& wish) { return to_event(wish); },
        [this](messages::read_section& wish) { return to_section(wish); },
        [this](messages::watch_section& wish, messages::gateway_actor& who) { return to_section(wish, who); },
        [this](messages::unwatch_section& wish, messages::gateway_actor& who) { return to_section(wish, who); },
        [this](messages::join_queue& wish, messages::gateway_actor& where) { return to_room(wish, where); },
        [this](messages::ask_place& wish) { return to_room(wish); },
        [this](messages::leave_queue& wish) { return to_room(wish); },
        [this](messages::people_left& news, messages::gateway_actor& where) { return to_room(news, where); },
        [this](messages::subscribe, const messages::gateway_actor& gateway) { subscribe(gateway); },
        [this](messages::event_announced& news, messages::event_actor& event,
               std::vector<messages::section_actor>& sections, messages::waiting_room_actor& room) {
          announce(std::move(news), {std::move(event), std::move(sections), std::move(room)});
        },
        [this](const messages::shards_reopened& news) { reopened(news); },
        [this](messages::keeper_ready, messages::keeper_actor& keeper) { keeper_ = std::move(keeper); },
    };
  }

private:
  caf::result<messages::event_view> to_keeper(messages::put_event& wish) {
    if (!keeper_)
      return to_error(domain::refusal{.reason = rejection::overloaded, .detail = "The node is starting."});
    return self_->delegate(keeper_, std::move(wish));
  }

  // ---- gateways and events ----

  void subscribe(const messages::gateway_actor& gateway) {
    if (std::find(gateways_.begin(), gateways_.end(), gateway) != gateways_.end())
      return;
    gateways_.push_back(gateway);
    self_->monitor(gateway);
    if (switchboard_)
      self_->send(switchboard_, messages::subscribe{}, gateway);
    for (const auto& [event, news] : announced_)
      introduce(gateway, news);
  }

  void announce(messages::event_announced news, event_homes homes) {
    if (!announced_.contains(news.id))
      log::of("cluster").info("event {} is known, with {} sections", news.id.value(), homes.sections.size());
    auto event = news.id;
    if (auto before = announced_.find(event); before != announced_.end())
      news.room.times = before->second.room.times;
    map_.put(event, std::move(homes));
    const auto& kept = announced_.insert_or_assign(event, std::move(news)).first->second;
    for (const auto& gateway : gateways_)
      introduce(gateway, kept);
  }

  /// Shards on other nodes know the gateways already, but may know nobody of whom those have told.
  void reopened(const messages::shards_reopened& what) {
    auto found = announced_.find(what.event);
    if (found == announced_.end())
      return;
    found->second.room.times += what.room ? 1 : 0;
    for (const auto& gateway : gateways_)
      self_->send(gateway, found->second);
  }

  /// Tells the gateway of the event, and each of its shards of the gateway.
  void introduce(const messages::gateway_actor& gateway, const messages::event_announced& news) {
    const auto* homes = map_.find(news.id);
    self_->send(gateway, news);
    self_->send(homes->event, messages::subscribe{}, gateway);
    self_->send(homes->room, messages::subscribe{}, gateway);
    for (const auto& section : homes->sections)
      self_->send(section, messages::subscribe{}, gateway);
  }

  void forget(const caf::actor_addr& gone) {
    std::erase_if(gateways_, [&](const auto& gateway) { return gateway.address() == gone; });
  }

  self_pointer self_;
  messages::switchboard_actor switchboard_;
  shard_map map_;
  messages::keeper_actor keeper_;
  std::vector<messages::gateway_actor> gateways_; ///< one per session thread
  std::map<domain::event_id, messages::event_announced> announced_;
};

} // namespace

messages::router_actor spawn_router(caf::actor_system& system, messages::switchboard_actor switchboard) {
  return system.spawn<messages::router_actor::stateful_impl<router_state>>(std::move(switchboard));
}

} // namespace usher::cluster
