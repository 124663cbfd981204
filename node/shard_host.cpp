#include "node/shard_host.hpp"

#include "actors/event.hpp"
#include "actors/journal_writer.hpp"
#include "actors/section.hpp"
#include "actors/waiting_room.hpp"
#include "cluster/router.hpp"
#include "cluster/shard_keeper.hpp"
#include "gateway/plan_codec.hpp"
#include "log/log.hpp"
#include "node/derived_options.hpp"
#include "payments/sandbox.hpp"
#include "persistence/booking_store.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

#include <unistd.h>

namespace usher::node {
namespace {

using namespace std::chrono_literals;

/// Starting many large events takes a while; a router that still does not know them then never will.
constexpr auto announced_within = 30s;
constexpr auto between_looks = 5ms;

/// Names this process in the store, for people.
std::string owner_name() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0)
    host[0] = '\0';
  return std::string{host} + ":" + std::to_string(::getpid());
}

domain::shared_plan read_plan(const std::string& text) {
  auto plan = gateway::parse_plan(text);
  if (auto fault = std::get_if<gateway::plan_fault>(&plan))
    throw std::runtime_error{"at '" + fault->pointer + "': " + fault->sentence};
  return std::get<domain::shared_plan>(std::move(plan));
}

/// Until the event says what its terms are.
domain::section_terms first_terms(const domain::seating_plan& plan) {
  domain::section_terms terms;
  terms.prices.resize(plan.categories().size());
  return terms;
}

actors::journal_writer_limits writer_limits(const settings& all) {
  actors::journal_writer_limits limits;
  limits.most_facts_in_group = all.journal.group_max;
  limits.most_facts_waiting = all.journal.queue_max;
  return limits;
}

actors::waiting_room_limits room_limits(const settings& all) {
  actors::waiting_room_limits limits;
  limits.most_people = all.waiting_room.max_people;
  limits.presence = all.waiting_room.presence;
  limits.pass_ttl = all.gateway.pass_ttl;
  return limits;
}

actors::store_clock measure_clock(const shard_host::opener& open, caf::actor_system& system) {
  return actors::store_clock::measure(*open(), system.clock());
}

} // namespace

shard_host::shard_host(const settings& configured, const caf::settings& of_actor_system, opener open,
                       std::function<void(const std::string&)> on_fatal)
    : settings_(configured), open_(std::move(open)),
      provider_(std::make_shared<payments::sandbox>(sandbox_settings_for(settings_))), configuration_(of_actor_system),
      system_(configuration_), clock_(measure_clock(open_, system_)),
      writer_(actors::spawn_journal_writer(system_, open_, writer_limits(settings_))),
      router_(cluster::spawn_router(system_)), keeper_(start_keeper(open_, std::move(on_fatal))) {}

messages::keeper_actor shard_host::start_keeper(const opener& open, std::function<void(const std::string&)> on_fatal) {
  using namespace domain;
  cluster::shard_factories start;
  start.open_store = open;
  start.read_plan = read_plan;
  start.start_event = [this](const event_id& event, persistence::shard_history history, shared_plan plan,
                             const messages::keeper_actor& keeper) {
    return actors::spawn_event(system_,
                               {event, std::move(plan), std::move(history), writer_, keeper, clock_, provider_});
  };
  start.start_section = [this](const event_id& event, section_no number, persistence::shard_history history,
                               shared_plan plan, const messages::event_actor& event_actor,
                               const messages::keeper_actor& keeper) {
    auto terms = first_terms(*plan);
    return actors::spawn_section(system_, {event, std::move(plan), number, std::move(terms), std::move(history),
                                           event_actor, writer_, keeper, clock_});
  };
  start.start_waiting_room = [this](const event_id& event, persistence::shard_history history,
                                    const messages::keeper_actor& keeper) {
    return actors::spawn_waiting_room(system_,
                                      {event, {}, std::move(history), writer_, keeper, clock_, room_limits(settings_)});
  };
  cluster::keeper_settings settings;
  settings.owner = owner_name();
  settings.on_fatal = std::move(on_fatal);
  return cluster::spawn_shard_keeper(system_, std::move(start), std::move(settings), router_);
}

shard_host::~shard_host() {
  // The keeper takes its shards along. What they had not written was promised to nobody.
  caf::scoped_actor self{system_};
  self->send_exit(keeper_, caf::exit_reason::user_shutdown);
  self->wait_for(keeper_);
  self->send_exit(writer_, caf::exit_reason::user_shutdown);
  self->send_exit(router_, caf::exit_reason::user_shutdown);
}

void shard_host::start_shards() {
  caf::scoped_actor self{system_};
  self->request(keeper_, caf::infinite, messages::start_shards{})
      .receive([] {},
               [](const caf::error& error) {
                 throw std::runtime_error{"the events of the store cannot be started: " + to_string(error)};
               });
  if (!await_events(std::chrono::steady_clock::now() + announced_within))
    log::of("node").error("not every event of the store is served");
}

/// Events are announced to the router a moment after their start; before that buyers would be told that there is no
/// such event.
bool shard_host::await_events(std::chrono::steady_clock::time_point until) {
  auto stored = open_()->events().size();
  caf::scoped_actor self{system_};
  std::size_t known = 0;
  for (;;) {
    self->request(router_, caf::infinite, messages::list_events{})
        .receive([&](const std::vector<domain::event_id>& events) { known = events.size(); }, [](const caf::error&) {});
    if (known >= stored || std::chrono::steady_clock::now() >= until)
      return known >= stored;
    std::this_thread::sleep_for(between_looks);
  }
}

void shard_host::settle(std::chrono::steady_clock::time_point until) {
  caf::scoped_actor self{system_};
  std::vector<domain::event_id> events;
  self->request(router_, 1s, messages::list_events{})
      .receive([&](std::vector<domain::event_id>& known) { events = std::move(known); }, [](const caf::error&) {});
  auto under_way = [&](const domain::event_id& event) {
    std::uint64_t orders = 0;
    self->request(router_, 1s, messages::report_event{{}, event})
        .receive([&](const messages::event_report& report) { orders = report.orders_under_way; },
                 [](const caf::error&) {});
    return orders;
  };
  for (auto& event : events)
    while (under_way(event) > 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(between_looks);
}

} // namespace usher::node
