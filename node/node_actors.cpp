#include "node/node_actors.hpp"

#include "cluster/link/caf_link.hpp"
#include "log/log.hpp"
#include "messages/sentence.hpp"
#include "node/option_defaults.hpp"
#include "payments/sandbox.hpp"
#include "persistence/coordination.hpp"
#include "persistence/store_url.hpp"

#include <caf/actor_cast.hpp>
#include <caf/after.hpp>
#include <caf/others.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace usher::node {
namespace {

using namespace std::chrono_literals;

/// None with a store that one node only can use.
std::unique_ptr<node_membership> membership_for(const settings& configured,
                                                std::function<void(const std::string&)> on_fatal,
                                                std::function<std::string()> figures) {
  if (persistence::sqlite_file_of(configured.store))
    return nullptr;
  return std::make_unique<node_membership>(configured, std::move(on_fatal), std::move(figures));
}

/// Opens connections that the store's server knows as this node's.
std::function<std::unique_ptr<persistence::booking_store>()> opener_for(const std::string& store,
                                                                        const node_membership* membership) {
  auto session = membership ? membership->session() : nullptr;
  return [store, session] { return persistence::open_store(store, persistence::schema_upkeep::migrate, session); };
}

/// For a node that shares its store with others; none for one that has it alone.
std::function<std::unique_ptr<persistence::coordination>()> opener_of_coordination(const settings& configured) {
  if (configured.cluster.name.empty())
    return {};
  return [url = configured.store] { return persistence::open_coordination(url); };
}

/// Waits for any news, and takes all that have come: they mean that asking again is worthwhile.
void await_news(caf::scoped_actor& self, std::chrono::steady_clock::time_point until) {
  // One kind of end makes no news: an event in doubt finds that an order was never written.
  constexpr std::chrono::steady_clock::duration longest = 1s;
  auto patience = std::clamp(until - std::chrono::steady_clock::now(), 0 * longest, longest);
  for (auto more = true; more; patience = 0s)
    self->receive([](const messages::order_changed&) {},
                  caf::others >> [](caf::message&) -> caf::skippable_result { return caf::message{}; },
                  caf::after(patience) >> [&more] { more = false; });
}

} // namespace

node_actors::node_actors(const settings& configured, const caf::settings& of_actor_system,
                         std::function<void(const std::string&)> on_fatal)
    : membership_(membership_for(configured, noting(on_fatal), [this] { return figures(); })),
      open_(opener_for(configured.store, membership_.get())),
      provider_(std::make_shared<payments::sandbox>(sandbox_settings_for(configured))),
      configuration_(of_actor_system, configured.cluster.link), system_(configuration_),
      wiring_(configured, ports(configured), noting(on_fatal)) {
  since_ = clock().now(&system_);
}

node_ports node_actors::ports(const settings& configured) {
  node_ports result{.system = system_,
                    .open_store = open_,
                    .open_coordination = opener_of_coordination(configured),
                    .may_answer = [this] { return may_answer(); },
                    .provider = provider_,
                    .owner = membership_ ? membership_->owner() : draw_owner_name(),
                    .on_tally = [board = figures_](const catalog::shard_tally& tally) { board->take(tally); }};
  if (!has_links())
    return result;
  result.on_cut_off = membership_->on_cut_off();
  result.open_link = [this, of = configured.cluster, cluster = result.open_coordination()->cluster().id](auto news) {
    auto made = std::make_shared<cluster::caf_link>(system_, of.link, cluster::link_identity{cluster, of.name},
                                                    membership_->overhear(std::move(news)));
    figures_->take(made);
    return made;
  };
  return result;
}

node_actors::~node_actors() {
  if (!ended_)
    end_actors();
}

void node_actors::stop() {
  if (ended_)
    return;
  end_actors();
  note_ends();
}

void node_actors::end_actors() {
  ended_ = true;
  // The keeper's end ends its shards. Facts that they had not written yet were promised to nobody.
  caf::scoped_actor self{system_};
  self->send_exit(wiring_.keeper(), caf::exit_reason::user_shutdown);
  self->wait_for(wiring_.keeper());
  self->send_exit(wiring_.router(), caf::exit_reason::user_shutdown);
  self->send_exit(wiring_.writer(), caf::exit_reason::user_shutdown);
  self->wait_for(wiring_.writer());
  if (membership_)
    membership_->end(self);
  if (const auto& switchboard = wiring_.switchboard()) { // last: whoever has not left yet would be taken for dead
    self->send_exit(switchboard, caf::exit_reason::user_shutdown);
    self->wait_for(switchboard);
  }
  provider_->close(); // its answers go to actors, if only to find them gone
}

void node_actors::note_ends() const {
  try {
    auto store = open_();
    for (const auto& event : store->events())
      store->note_ends(event.id);
  } catch (const std::exception& why) {
    log::of("node").warn("the ends of the journals are not noted: {}", why.what());
  }
}

std::function<void(const std::string&)> node_actors::noting(std::function<void(const std::string&)> on_fatal) {
  return [failed = failed_, on_fatal = std::move(on_fatal)](const std::string& why) {
    *failed = true;
    on_fatal(why);
  };
}

std::vector<domain::event_id> node_actors::start_shards() {
  if (membership_)
    membership_->enter(system_, wiring_.keeper(), wiring_.switchboard());
  caf::scoped_actor self{system_};
  for (auto started = false; !started;)
    self->request(wiring_.keeper(), 1s, messages::start_shards{})
        .receive([&] { started = true; },
                 [this](const caf::error& error) {
                   // However long that takes; but a node that has given up would never start.
                   if (error == caf::sec::request_timeout && !*failed_)
                     return;
                   throw std::runtime_error{"the events of the store cannot be started: "
                                            + messages::to_sentence(error)};
                 });
  auto events = known_events(self, 30s);
  if (!events)
    throw std::runtime_error{"the node's actors do not answer"};
  return *std::move(events);
}

std::optional<std::vector<domain::event_id>> node_actors::known_events(caf::scoped_actor& self,
                                                                       std::chrono::seconds patience) {
  std::optional<std::vector<domain::event_id>> events;
  self->request(wiring_.router(), patience, messages::list_events{})
      .receive([&](std::vector<domain::event_id>& known) { events = std::move(known); },
               [](const caf::error& error) {
                 log::of("node").error("the router does not list its events: {}", messages::to_sentence(error));
               });
  return events;
}

void node_actors::give_shards_away(std::chrono::steady_clock::time_point until) {
  if (!has_links())
    return;
  figures_->stop();
  try {
    membership_->start_draining();
  } catch (const std::exception& why) {
    return log::of("node").warn("the shards of this node are not given away: {}", why.what());
  }
  caf::scoped_actor self{system_};
  auto patience = std::max(std::chrono::steady_clock::duration{0s}, until - std::chrono::steady_clock::now());
  self->request(wiring_.keeper(), std::chrono::duration_cast<std::chrono::milliseconds>(patience),
                messages::shards_left{})
      .receive(
          [] { log::of("node").info("all shards are with other nodes"); },
          [](const caf::error&) { log::of("node").warn("some shards could not be given to other nodes in time"); });
}

cluster_desk::parts node_actors::for_cluster_desk(const settings& configured) {
  cluster_desk::parts result{.name = configured.cluster.name, .open = {}, .alone = {}};
  if (membership_)
    result.open = [url = configured.store] {
      return persistence::open_coordination(url, persistence::schema_upkeep::none);
    };
  else
    result.alone = [this, card = card_of(configured)] { return look_alone(card); };
  return result;
}

std::string node_actors::figures() {
  return encode(figures_->read(system_.metrics()));
}

cluster_picture node_actors::look_alone(const persistence::node_card& card) {
  auto begun = std::chrono::steady_clock::now();
  auto now = clock().now(&system_);
  cluster_picture result;
  persistence::member me;
  me.card = card;
  me.status = persistence::node_status::up;
  me.since = since_;
  me.beaten = now;
  me.figures = figures();
  auto store = open_();
  for (const auto& event : store->events()) {
    std::map<domain::shard_kind, std::size_t> counts;
    for (const auto& row : store->shards(event.id))
      ++counts[row.shard.kind];
    for (const auto& [kind, count] : counts)
      result.shards.push_back({event.id, kind, card.owner, count});
  }
  result.all.members.push_back(std::move(me));
  result.all.now = now;
  result.answered = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
  return result;
}

std::optional<std::string> node_actors::not_answering() const {
  using persistence::node_status;
  if (has_links()) {
    auto status = membership_->status();
    if (!status)
      return "The other nodes have ended this one; it joins again.";
    if (*status == node_status::joining)
      return "The node is joining the others.";
    if (*status == node_status::draining)
      return "The node gives its part to the others.";
  }
  if (!may_answer())
    return "The store has not counted this node among those that serve it for a while.";
  return std::nullopt;
}

void node_actors::settle(std::chrono::steady_clock::time_point until) {
  if (has_links())
    return; // the orders go on with their events' shards, on other nodes
  caf::scoped_actor self{system_};
  // Subscribed as a gateway is, this hears of every order that changes.
  self->send(wiring_.router(), messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(self));
  auto under_way = [&](const domain::event_id& event) {
    std::uint64_t orders = 0;
    self->request(wiring_.router(), 1s, messages::report_event{{}, event})
        .receive([&](const messages::event_report& report) { orders = report.orders_under_way; },
                 [](const caf::error&) {});
    return orders;
  };
  auto events = known_events(self, 1s);
  for (const auto& event : events ? *events : std::vector<domain::event_id>{})
    while (under_way(event) > 0 && std::chrono::steady_clock::now() < until)
      await_news(self, until);
}

} // namespace usher::node
