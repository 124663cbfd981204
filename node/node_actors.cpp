#include "node/node_actors.hpp"

#include "actors/event.hpp"
#include "actors/journal_writer.hpp"
#include "actors/section.hpp"
#include "actors/waiting_room.hpp"
#include "catalog/shard_keeper.hpp"
#include "cluster/router.hpp"
#include "codec/random.hpp"
#include "log/log.hpp"
#include "messages/sentence.hpp"
#include "node/option_defaults.hpp"
#include "node/plan_text.hpp"
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

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace usher::node {
namespace {

using namespace std::chrono_literals;

/// Names this process in the store: readable, and unlike any other. Host and process id do not tell two containers
/// apart, so it includes randomness.
std::string owner_name() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0)
    host[0] = '\0';
  return fmt::format("{}:{}/{}", host, ::getpid(), codec::random_hex(8));
}

actors::journal_writer_limits writer_limits(const settings& all) {
  actors::journal_writer_limits limits;
  limits.group_facts_max = all.journal.group_max;
  limits.waiting_facts_max = all.journal.queue_max;
  limits.between_groups = all.journal.interval;
  return limits;
}

actors::waiting_room_limits room_limits(const settings& all) {
  actors::waiting_room_limits limits;
  limits.people_max = all.waiting_room.people_max;
  limits.presence = all.waiting_room.presence;
  limits.pass_ttl = all.gateway.pass_ttl;
  return limits;
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

actors::store_clock measure_clock(const node_actors::opener& open, caf::actor_system& system) {
  return actors::store_clock::measure(*open(), system.clock());
}

} // namespace

node_actors::node_actors(const settings& configured, const caf::settings& of_actor_system, opener open,
                         std::function<void(const std::string&)> on_fatal)
    : settings_(configured), open_(std::move(open)),
      provider_(std::make_shared<payments::sandbox>(sandbox_settings_for(settings_))), configuration_(of_actor_system),
      system_(configuration_), clock_(measure_clock(open_, system_)), journal_(system_.metrics()),
      writer_(actors::spawn_journal_writer(system_, open_, writer_limits(settings_), actors::writer_thread::own,
                                           [this](std::optional<std::string> why) { journal_.note(std::move(why)); })),
      router_(cluster::spawn_router(system_)), keeper_(start_keeper(open_, std::move(on_fatal))) {}

messages::keeper_actor node_actors::start_keeper(const opener& open, std::function<void(const std::string&)> on_fatal) {
  using namespace domain;
  catalog::shard_factories start;
  start.open_store = open;
  if (!persistence::sqlite_file_of(settings_.store))
    start.open_coordination = [url = settings_.store] { return persistence::open_coordination(url); };
  start.read_plan = [](const std::string& text) { return plan_of_text(text); };
  start.start_event = [this](const event_id& event, persistence::shard_history history, shared_plan plan,
                             const messages::keeper_actor& keeper) {
    return actors::spawn_event(system_,
                               {event, std::move(plan), std::move(history), writer_, keeper, clock_, provider_});
  };
  start.start_section = [this](const event_id& event, section_no number, persistence::shard_history history,
                               shared_plan plan, const messages::event_actor& event_actor,
                               const messages::keeper_actor& keeper) {
    // It has no terms, and holds nothing, until the event sends them.
    return actors::spawn_section(
        system_, {event, std::move(plan), number, {}, std::move(history), event_actor, writer_, keeper, clock_});
  };
  start.start_waiting_room = [this](const event_id& event, persistence::shard_history history,
                                    const messages::keeper_actor& keeper) {
    return actors::spawn_waiting_room(system_,
                                      {event, {}, std::move(history), writer_, keeper, clock_, room_limits(settings_)});
  };
  catalog::keeper_settings settings;
  settings.owner = owner_name();
  settings.on_fatal = std::move(on_fatal);
  // Shards in doubt write nothing, and while the node is not ready no buyer makes them try. A claim is a write, too, so
  // it shows that the store works again.
  settings.on_reclaimed = [this] { journal_.note(std::nullopt); };
  return catalog::spawn_shard_keeper(system_, std::move(start), std::move(settings), router_);
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
  self->send_exit(keeper_, caf::exit_reason::user_shutdown);
  self->wait_for(keeper_);
  self->send_exit(router_, caf::exit_reason::user_shutdown);
  self->send_exit(writer_, caf::exit_reason::user_shutdown);
  self->wait_for(writer_);
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

std::vector<domain::event_id> node_actors::start_shards() {
  caf::scoped_actor self{system_};
  self->request(keeper_, caf::infinite, messages::start_shards{})
      .receive([] {},
               [](const caf::error& error) {
                 throw std::runtime_error{"the events of the store cannot be started: " + messages::to_sentence(error)};
               });
  auto events = known_events(self, 30s);
  if (!events)
    throw std::runtime_error{"the node's actors do not answer"};
  return *std::move(events);
}

std::optional<std::vector<domain::event_id>> node_actors::known_events(caf::scoped_actor& self,
                                                                       std::chrono::seconds patience) {
  std::optional<std::vector<domain::event_id>> events;
  self->request(router_, patience, messages::list_events{})
      .receive([&](std::vector<domain::event_id>& known) { events = std::move(known); },
               [](const caf::error& error) {
                 log::of("node").error("the router does not list its events: {}", messages::to_sentence(error));
               });
  return events;
}

void node_actors::settle(std::chrono::steady_clock::time_point until) {
  caf::scoped_actor self{system_};
  // Subscribed as a gateway is, this hears of every order that changes.
  self->send(router_, messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(self));
  auto under_way = [&](const domain::event_id& event) {
    std::uint64_t orders = 0;
    self->request(router_, 1s, messages::report_event{{}, event})
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
