#include "cluster/switchboard.hpp"

#include "cluster/asked_all.hpp"
#include "cluster/awaited_answers.hpp"
#include "cluster/remote_shard.hpp"
#include "cluster/shard_directory.hpp"
#include "cluster/switchboard_metrics.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace usher::cluster {

namespace {

using domain::rejection;
using domain::shard_kind;
using messages::to_error;

/// Whoever awaits an answer, and under which id.
struct asking {
  caf::strong_actor_ptr who;
  caf::message_id id;
};

/// Nobody knows what came of a request.
caf::error unknown_outcome() {
  return to_error(rejection::outcome_unknown);
}

/// A shard of this node, and who serves it.
struct local_actor {
  domain::epoch epoch;
  caf::strong_actor_ptr actor;
};

/// Another node, as long as one session with it lasts.
struct peer {
  std::uint64_t session = 0;
  outgoing out;
  caf::strong_actor_ptr asker{}; ///< stands for all who ask there
  std::vector<caf::strong_actor_ptr> gateways{};
  std::uint64_t consumed = 0;      ///< bytes of its frames
  std::uint64_t told_consumed = 0; ///< of them, it knows
  std::size_t unanswered = 0;      ///< of its requests here
};

class switchboard_state {
public:
  using self_pointer = messages::switchboard_actor::pointer;
  static inline const char* name = "usher.switchboard";

  switchboard_state(self_pointer self, switchboard_ports ports)
      : self_(self), ports_(std::move(ports)), parked_(ports_.limits.parked), awaited_(ports_.limits.awaited_max),
        looks_(ports_.limits.looks_max), metrics_(self->system().metrics()), link_(ports_.open_link(news())) {}

  messages::switchboard_actor::behavior_type make_behavior() {
    self_->set_error_handler(
        [](const caf::error& why) { log::of("cluster").debug("nobody to tell: {}", to_string(why)); });
    sweep_later();
    return {
        [this](messages::passed_on& what) { pass_on(what); },
        [this](messages::answered_for& what) { answer(what); },
        [this](messages::news_for& what) { tell_gateway(what); },
        [this](const messages::view_changed& view) { see(view); },
        [this](messages::shard_served& what) { serve(what); },
        [this](const messages::shard_withdrawn& what) { withdraw(what.shard); },
        [this](const messages::shard_given& what) { give(what); },
        [this](const messages::store_cut_off& what) { tell_cut_off(what.cut_off); },
        [this](messages::event_written& what) { return have_all_look(what); },
        [this](messages::keeper_ready, messages::keeper_actor& keeper) { keeper_ = std::move(keeper); },
        [this](messages::subscribe, const messages::gateway_actor& gateway) { add_gateway(gateway); },
        [this](messages::router_ready, messages::router_actor& router) { router_ = std::move(router); },
        [this](const messages::link_changed& news) { changed(news); },
        [this](messages::frame_came& came) { take_frame(came); },
        [this](messages::flush) { flush(); },
        [this](messages::deadline_reached) { sweep(); },
    };
  }

private:
  // ---- the link ----

  link_news news() const {
    auto me = caf::actor_cast<messages::switchboard_actor>(self_);
    return {
        [me](incarnation node, std::uint64_t session) {
          caf::anon_send(me, messages::link_changed{node.value(), session, messages::link_state::up});
        },
        [me](incarnation node, std::uint64_t session, bool refused) {
          auto how = refused ? messages::link_state::refused : messages::link_state::silent;
          caf::anon_send(me, messages::link_changed{node.value(), session, how});
        },
        [me](incarnation node, std::uint64_t session, std::string frame) {
          caf::anon_send(me, messages::frame_came{node.value(), session, std::move(frame)});
        },
    };
  }

  void see(const messages::view_changed& view) {
    if (view.me != me_)
      for (const auto& one : awaited_.take_all())
        deliver(one, unknown_outcome());
    me_ = view.me;
    std::vector<link_peer> others;
    for (const auto& one : view.nodes)
      if (me_ != 0 && one.number != me_ && !one.link.empty())
        others.push_back({incarnation{one.number}, one.name, one.link});
    link_->seek(incarnation{me_}, std::move(others));
  }

  void changed(const messages::link_changed& news) {
    auto found = peers_.find(news.node);
    auto is_known = found != peers_.end();
    if (news.state != messages::link_state::up) {
      if (is_known && found->second.session == news.session)
        end(news.node);
      return;
    }
    if (is_known)
      end(news.node);
    begin(news.node, news.session);
  }

  void begin(std::uint64_t node, std::uint64_t session) {
    auto me = caf::actor_cast<messages::switchboard_actor>(self_);
    auto& fresh = peers_.emplace(node, peer{session, outgoing{ports_.limits.out}}).first->second;
    fresh.asker = make_remote_asker(self_->system(), node, session, me);
    log::of("cluster").info("the link to node {} is up", node);
    push(node, wire::gateways{static_cast<std::uint32_t>(gateways_.size())});
    for (const auto& [shard, local] : served_)
      push(node, wire::home{shard, local.epoch, true});
    if (is_cut_off_)
      push(node, wire::store_state{true});
  }

  void tell_cut_off(bool cut_off) {
    is_cut_off_ = cut_off;
    for (auto node : others())
      push(node, wire::store_state{cut_off});
  }

  void end(std::uint64_t node) {
    auto gone = std::move(peers_.extract(node).mapped());
    log::of("cluster").warn("the link to node {} is down", node);
    for (const auto& gateway : gone.gateways)
      end_remote_gateway(gateway);
    for (const auto& shard : homes_.forget(incarnation{node}))
      if (shard.kind == shard_kind::section)
        tell(event_of(shard), messages::section_closed{shard.section});
    for (const auto& one : awaited_.take_lost(node))
      deliver(one, unknown_outcome());
    for (auto& asked : looks_.gone(node))
      asked.deliver();
    for (auto other : others())
      push(other, wire::lost{node});
  }

  /// A session that cannot go on: what it should carry does not fit, or makes no sense.
  void break_off(std::uint64_t node, const char* why) {
    log::of("cluster").warn("the link to node {} is ended, and made anew: {}", node, why);
    link_->end(incarnation{node}, peers_.at(node).session);
    end(node);
  }

  [[nodiscard]] std::vector<std::uint64_t> others() const {
    std::vector<std::uint64_t> result;
    for (const auto& [node, one] : peers_)
      result.push_back(node);
    return result;
  }

  // ---- out ----

  /// Puts an item on its way that must arrive: else the session ends, and what it had to say is made good.
  void push(std::uint64_t node, const wire::item& what) {
    auto found = peers_.find(node);
    if (found == peers_.end())
      return;
    if (!found->second.out.push(what))
      return break_off(node, "it does not read what it is sent");
    flush_soon();
  }

  void flush_soon() {
    if (!std::exchange(will_flush_, true))
      self_->send(caf::actor_cast<messages::switchboard_actor>(self_), messages::flush{});
  }

  /// Everything that was in the mailbox before has been dealt with: one frame for each node, as far as they read.
  void flush() {
    will_flush_ = false;
    for (auto& [node, one] : peers_)
      write(node, one);
    for (const auto& [event, room] : std::exchange(reopened_, {}))
      if (router_)
        self_->send(router_, messages::shards_reopened{event, room});
  }

  void write(std::uint64_t node, peer& to) {
    // Whoever has asked too much hears that it is consumed when some of it is answered.
    auto consumed = to.unanswered < ports_.limits.unanswered_max ? to.consumed : to.told_consumed;
    auto must_speak = consumed - to.told_consumed > ports_.limits.out.window / 4;
    while (auto frame = to.out.next_frame(consumed, std::exchange(must_speak, false))) {
      to.told_consumed = consumed;
      link_->send(incarnation{node}, to.session, *std::move(frame));
    }
  }

  // ---- requests of this node ----

  void pass_on(messages::passed_on& what) {
    if (auto here = served_.find(what.shard); here != served_.end())
      return enqueue(here->second.actor, what.asker, what.id, std::move(what.what));
    if (auto node = node_of(what.shard))
      return send(*node, what);
    if (auto origin = node_of_remote_asker(what.asker)) // who looks for the shard without us
      return push(origin, wire::refused{number_of(what.id), {.reason = rejection::moved}});
    if (is_only_for_here(what.what))
      return;
    if (!parked_.add(what.shard, what, self_->clock().now()))
      deliver({what.asker, what.id}, to_error(rejection::overloaded));
  }

  /// Where to send what is for a shard: nothing when nobody is known to serve it who can be asked.
  [[nodiscard]] std::optional<std::uint64_t> node_of(const domain::shard_id& shard) const {
    auto home = homes_.find(shard);
    if (!home || !peers_.contains(home->node.value()))
      return std::nullopt;
    return home->node.value();
  }

  /// The other node introduces its own gateways, and is told of those here.
  [[nodiscard]] static bool is_only_for_here(const caf::message& what) {
    return what.size() > 0 && what.match_element<messages::subscribe>(0);
  }

  [[nodiscard]] static std::uint64_t number_of(caf::message_id id) {
    return id.request_id().integer_value() & caf::message_id::request_id_mask;
  }

  void send(std::uint64_t node, messages::passed_on& what) {
    if (is_only_for_here(what.what))
      return;
    auto bytes = wire::encode(what.what, [this](const auto& gateway) { return number_of_gateway(gateway); });
    if (!bytes) {
      log::of("cluster").error("this does not travel between nodes: {}", to_string(what.what));
      return deliver({what.asker, what.id}, to_error(rejection::overloaded));
    }
    if (!what.asker || !what.id.is_request())
      return push(node, wire::told{std::move(what.shard), *std::move(bytes)});
    metrics_.passed_on.inc();
    if (auto origin = node_of_remote_asker(what.asker))
      return pass_on_for(origin, node, what, *std::move(bytes));
    ask(node, what, *std::move(bytes));
  }

  void pass_on_for(std::uint64_t origin, std::uint64_t node, messages::passed_on& what, wire::encoded bytes) {
    if (auto found = peers_.find(origin); found != peers_.end() && found->second.unanswered > 0)
      --found->second.unanswered; // it is somebody else's to answer now
    push(node, wire::request{number_of(what.id), origin, std::move(what.shard), std::move(bytes)});
  }

  void ask(std::uint64_t node, messages::passed_on& what, wire::encoded bytes) {
    asking who{what.asker, what.id};
    auto& out = peers_.at(node).out;
    if (!awaited_.has_room())
      return deliver(who, to_error(rejection::overloaded));
    auto is_passed_on = wire::may_be_passed_on(bytes.tag);
    auto number = awaited_.add({who, node, is_passed_on, self_->clock().now() + ports_.limits.patience});
    if (!out.push(wire::request{number, 0, std::move(what.shard), std::move(bytes)})) {
      [[maybe_unused]] auto nobody = awaited_.take(number);
      return deliver(who, to_error(rejection::overloaded));
    }
    flush_soon();
  }

  /// Answers a request, or nobody if it was none.
  void deliver(const asking& to, caf::error why) {
    if (why == rejection::outcome_unknown)
      metrics_.unknown.inc();
    if (to.who && to.id.is_request())
      enqueue(to.who, nullptr, to.id.response_id(), caf::make_message(std::move(why)));
  }

  void enqueue(const caf::strong_actor_ptr& to, const caf::strong_actor_ptr& from, caf::message_id id,
               caf::message what) {
    to->enqueue(from, id, std::move(what), self_->context());
  }

  // ---- what other nodes send ----

  void take_frame(messages::frame_came& came) {
    auto found = peers_.find(came.node);
    if (found == peers_.end() || found->second.session != came.session)
      return;
    auto read = wire::read(came.frame);
    if (!read || !found->second.out.consumed(read->consumed))
      return break_off(came.node, "what it sends cannot be read");
    found->second.consumed += came.frame.size();
    metrics_.take_frame(read->items.size());
    may_answer_ = ports_.may_answer();
    for (auto& item : read->items) {
      std::visit([&](auto& one) { take(came.node, one); }, item);
      if (!peers_.contains(came.node)) // it was broken off
        return;
    }
    flush_soon();
  }

  /// What somebody has passed on reaches the shard, even if nobody can be answered: whoever passed it on counts on the
  /// shard's decision.
  void take(std::uint64_t node, wire::request& asked) {
    auto origin = asked.origin == 0 ? node : asked.origin;
    if (origin == me_)
      return take_back(asked);
    if (asked.number == 0 || asked.number > caf::message_id::request_id_mask)
      return break_off(node, "it asks under a number that is none");
    auto here = served_.find(asked.shard);
    if (here == served_.end() || (asked.origin == 0 && !may_answer_)) {
      metrics_.moved.inc();
      return push(origin, wire::refused{asked.number, {.reason = rejection::moved}});
    }
    auto found = peers_.find(origin);
    auto is_known = found != peers_.end();
    auto what = wire::decode(asked.what.tag, asked.what.body, is_known ? gateways_of(found->second) : nullptr);
    if (!what)
      return push(origin, wire::refused{asked.number, {.reason = rejection::overloaded}});
    if (!is_known)
      return enqueue(here->second.actor, nullptr, caf::make_message_id(), *std::move(what));
    ++found->second.unanswered;
    enqueue(here->second.actor, found->second.asker,
            caf::message_id{asked.number | caf::message_id::default_async_value}, *std::move(what));
  }

  /// What this node has asked another one for, and that has passed on to a shard of this node. Perhaps nobody awaits
  /// the answer any more.
  void take_back(wire::request& asked) {
    auto who = awaited_.take(asked.number).value_or(asking{});
    auto here = served_.find(asked.shard);
    auto what = wire::decode(asked.what.tag, asked.what.body, {});
    if (here != served_.end() && what)
      enqueue(here->second.actor, who.who, who.who ? who.id : caf::make_message_id(), *std::move(what));
    else
      deliver(who, to_error(rejection::moved));
  }

  void take(std::uint64_t node, wire::told& told) {
    auto here = served_.find(told.shard);
    if (here == served_.end())
      return;
    if (auto what = wire::decode(told.what.tag, told.what.body, gateways_of(peers_.at(node))))
      enqueue(here->second.actor, nullptr, caf::make_message_id(), *std::move(what));
  }

  void take(std::uint64_t, wire::answer& told) {
    auto who = awaited_.take(told.number);
    if (!who)
      return;
    if (auto what = wire::decode(told.what.tag, told.what.body, {}))
      enqueue(who->who, nullptr, who->id.response_id(), *std::move(what));
    else
      deliver(*who, unknown_outcome());
  }

  void take(std::uint64_t, wire::refused& told) {
    if (auto who = awaited_.take(told.number))
      deliver(*who, to_error(told.why));
  }

  void take(std::uint64_t, const wire::unknown& told) {
    if (auto who = awaited_.take(told.number))
      deliver(*who, unknown_outcome());
  }

  void take(std::uint64_t, wire::news& told) {
    auto what = wire::decode(told.what.tag, told.what.body, {});
    for (auto number : told.gateways)
      if (what && number < gateways_.size())
        enqueue(caf::actor_cast<caf::strong_actor_ptr>(gateways_[number]), nullptr, caf::make_message_id(), *what);
  }

  void take(std::uint64_t node, const wire::home& told) {
    const shard_home home{incarnation{node}, told.epoch};
    if (!told.served) {
      homes_.withdraw(told.shard, home);
      return;
    }
    metrics_.found(told.shard, told.epoch, self_->clock().now());
    if (!homes_.learn(told.shard, home))
      return;
    reopened(told.shard);
    for (auto& waiting : parked_.take(told.shard))
      pass_on(waiting);
  }

  void take(std::uint64_t node, const wire::gateways& told) {
    auto& from = peers_.at(node);
    auto me = caf::actor_cast<messages::switchboard_actor>(self_);
    while (from.gateways.size() < std::min<std::size_t>(told.count, ports_.limits.gateways_max)) {
      auto number = static_cast<std::uint32_t>(from.gateways.size());
      from.gateways.push_back(make_remote_gateway(self_->system(), node, from.session, number, me));
      for (const auto& [shard, local] : served_)
        introduce(local, from.gateways.back());
    }
  }

  void take(std::uint64_t node, const wire::lost&) {
    for (const auto& one : awaited_.take_passed_on(node))
      deliver(one, unknown_outcome());
  }

  void take(std::uint64_t, const wire::given& told) {
    if (keeper_)
      self_->send(keeper_, messages::shard_given{told.shard, told.epoch, me_});
  }

  void take(std::uint64_t node, const wire::store_state& told) {
    if (ports_.on_cut_off)
      ports_.on_cut_off({node, told.cut_off});
  }

  void take(std::uint64_t node, const wire::look& asked) {
    if (!keeper_)
      return;
    auto session = peers_.at(node).session;
    self_->request(keeper_, ports_.limits.look, messages::event_written{asked.event})
        .then(
            [this, node, session, number = asked.number] {
              if (auto found = peers_.find(node); found != peers_.end() && found->second.session == session)
                push(node, wire::looked{number});
            },
            [](const caf::error&) {}); // whoever asked does not wait for ever
  }

  void take(std::uint64_t node, const wire::looked& told) {
    if (auto asked = looks_.answered(told.number, node))
      asked->deliver();
  }

  [[nodiscard]] static wire::gateway_of_number gateways_of(const peer& of) {
    return [&of](std::uint32_t number) {
      return number < of.gateways.size() ? caf::actor_cast<messages::gateway_actor>(of.gateways[number])
                                         : messages::gateway_actor{};
    };
  }

  // ---- what is new in the store ----

  caf::result<void> have_all_look(const messages::event_written& what) {
    if (peers_.empty() || !looks_.has_room())
      return {};
    auto nodes = others();
    auto asked = self_->make_response_promise<void>();
    auto number = looks_.add(asked, {nodes.begin(), nodes.end()}, self_->clock().now() + ports_.limits.look);
    for (auto node : nodes)
      push(node, wire::look{number, what.event});
    return asked;
  }

  // ---- shards of this node ----

  void serve(messages::shard_served& what) {
    metrics_.forget(what.shard);
    auto& local = served_.insert_or_assign(what.shard, local_actor{what.epoch, std::move(what.actor)}).first->second;
    for (auto node : others())
      push(node, wire::home{what.shard, what.epoch, true});
    for (const auto& [node, one] : peers_)
      for (const auto& gateway : one.gateways)
        introduce(local, gateway);
    for (auto& waiting : parked_.take(what.shard))
      pass_on(waiting);
  }

  void give(const messages::shard_given& what) {
    metrics_.gave(what.shard, what.epoch, what.waits_since, homes_.newest(what.shard), self_->clock().now());
    push(what.to, wire::given{what.shard, what.epoch});
  }

  void withdraw(const domain::shard_id& shard) {
    auto gone = served_.extract(shard);
    if (gone.empty())
      return;
    for (auto node : others())
      push(node, wire::home{shard, gone.mapped().epoch, false});
  }

  void introduce(const local_actor& shard, const caf::strong_actor_ptr& gateway) {
    enqueue(shard.actor, nullptr, caf::make_message_id(),
            caf::make_message(messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(gateway)));
  }

  void answer(messages::answered_for& what) {
    auto found = peers_.find(what.node);
    if (found == peers_.end() || found->second.session != what.session)
      return;
    if (found->second.unanswered > 0)
      --found->second.unanswered;
    push(what.node, ports_.may_answer() ? answer_item(what) : wire::unknown{what.number});
  }

  [[nodiscard]] static wire::item answer_item(messages::answered_for& what) {
    if (what.what.match_elements<caf::error>()) {
      auto refusal = messages::to_refusal(what.what.get_as<caf::error>(0));
      if (refusal.reason == rejection::outcome_unknown)
        return wire::unknown{what.number};
      return wire::refused{what.number, std::move(refusal)};
    }
    if (auto bytes = wire::encode(what.what, {}))
      return wire::answer{what.number, *std::move(bytes)};
    log::of("cluster").error("this answer does not travel between nodes: {}", to_string(what.what));
    return wire::unknown{what.number};
  }

  /// The event's own shard, if this node has it.
  [[nodiscard]] caf::strong_actor_ptr event_of(const domain::shard_id& shard) const {
    auto found = served_.find({shard_kind::event, shard.event, {}});
    return found == served_.end() ? nullptr : found->second.actor;
  }

  template <class What>
  void tell(const caf::strong_actor_ptr& shard, What what) {
    if (shard)
      enqueue(shard, nullptr, caf::make_message_id(), caf::make_message(std::move(what)));
  }

  /// A shard of another node is served by another actor, or in another session, than before.
  void reopened(const domain::shard_id& shard) {
    reopened_[shard.event] |= shard.kind == shard_kind::waiting_room;
    if (shard.kind != shard_kind::event)
      return;
    for (const auto& [other, local] : served_)
      if (other.event == shard.event && other.kind != shard_kind::event)
        tell(local.actor, messages::event_reopened{});
  }

  // ---- gateways ----

  [[nodiscard]] std::optional<std::uint32_t> number_of_gateway(const messages::gateway_actor& gateway) const {
    auto found = std::find(gateways_.begin(), gateways_.end(), gateway);
    if (found == gateways_.end())
      return std::nullopt;
    return static_cast<std::uint32_t>(found - gateways_.begin());
  }

  void add_gateway(const messages::gateway_actor& gateway) {
    if (number_of_gateway(gateway))
      return;
    gateways_.push_back(gateway);
    for (auto node : others())
      push(node, wire::gateways{static_cast<std::uint32_t>(gateways_.size())});
  }

  void tell_gateway(messages::news_for& what) {
    auto found = peers_.find(what.node);
    if (found == peers_.end() || found->second.session != what.session)
      return;
    auto bytes = wire::encode(what.what, {});
    if (!bytes)
      return log::of("cluster").error("these news do not travel between nodes: {}", to_string(what.what));
    auto& out = found->second.out;
    auto is_kept =
        what.what.match_elements<messages::queue_moved>()
            ? out.push_newest(what.what.get_as<messages::queue_moved>(0).event.value(), what.gateway, *std::move(bytes))
            : out.push_news(what.gateway, *std::move(bytes));
    if (!is_kept)
      return break_off(what.node, "it does not read what it is sent");
    flush_soon();
  }

  // ---- who has waited for too long ----

  void sweep_later() { self_->delayed_send(self_, ports_.limits.sweep, messages::deadline_reached{}); }

  void sweep() {
    auto now = self_->clock().now();
    link_->note_progress();
    for (const auto& one : parked_.take_overdue(now))
      deliver({one.asker, one.id}, to_error(rejection::overloaded));
    for (const auto& one : awaited_.take_overdue(now))
      deliver(one, unknown_outcome());
    for (auto& asked : looks_.take_overdue(now))
      asked.deliver();
    metrics_.parked.value(static_cast<std::int64_t>(parked_.size()));
    metrics_.show(link_->figures(), [this](incarnation node) {
      auto found = peers_.find(node.value());
      return found == peers_.end() ? 0 : found->second.out.waiting_bytes();
    });
    sweep_later();
  }

  self_pointer self_;
  const switchboard_ports ports_;
  std::uint64_t me_ = 0;
  std::map<std::uint64_t, peer> peers_; ///< with whom there is a session, by incarnation
  shard_directory homes_;               ///< of the shards of other nodes
  std::unordered_map<domain::shard_id, local_actor> served_;
  parking<messages::passed_on> parked_;
  awaited_answers<asking> awaited_;
  asked_all<caf::typed_response_promise<void>> looks_;
  std::vector<messages::gateway_actor> gateways_; ///< of this node; other nodes know them by their place here
  messages::router_actor router_;
  messages::keeper_actor keeper_;
  std::map<domain::event_id, bool> reopened_; ///< events of which the router is to hear, and whether of their rooms
  bool will_flush_ = false;
  bool is_cut_off_ = false; ///< from the store
  bool may_answer_ = true;  ///< as of the frame that is being worked on
  switchboard_metrics metrics_;
  std::shared_ptr<link> link_; ///< the last, as its news come to what is above
};

} // namespace

messages::switchboard_actor spawn_switchboard(caf::actor_system& system, switchboard_ports ports) {
  return system.spawn<messages::switchboard_actor::stateful_impl<switchboard_state>>(std::move(ports));
}

} // namespace usher::cluster
