#include "node/node_wiring.hpp"

#include "cluster/router.hpp"
#include "node/plan_text.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/coordination.hpp"

#include <caf/actor_system.hpp>

#include <optional>
#include <utility>

namespace usher::node {
namespace {

actors::journal_writer_limits writer_limits(const settings& all) {
  actors::journal_writer_limits limits;
  limits.group_facts_max = all.journal.group_max;
  limits.waiting_facts_max = all.journal.queue_max;
  limits.between_groups = all.journal.interval;
  return limits;
}

node_ports with_room_settings(node_ports ports, const settings& all) {
  ports.room.people_max = all.waiting_room.people_max;
  ports.room.presence = all.waiting_room.presence;
  ports.room.pass_ttl = all.gateway.pass_ttl;
  return ports;
}

} // namespace

node_wiring::node_wiring(const settings& configured, node_ports ports, std::function<void(const std::string&)> on_fatal)
    : ports_(with_room_settings(std::move(ports), configured)),
      clock_(actors::store_clock::measure(*ports_.open_store(), ports_.system.clock())),
      journal_(ports_.system.metrics()), switchboard_(start_switchboard()), writer_(start_writer(configured)),
      router_(cluster::spawn_router(ports_.system, switchboard_)),
      keeper_(start_keeper(configured.cluster, std::move(on_fatal))) {}

messages::journal_actor node_wiring::start_writer(const settings& configured) {
  return actors::spawn_journal_writer(ports_.system, ports_.open_store, writer_limits(configured), ports_.writer_thread,
                                      [this](std::optional<std::string> why) { journal_.note(std::move(why)); });
}

messages::switchboard_actor node_wiring::start_switchboard() const {
  if (!ports_.open_link)
    return {};
  return cluster::spawn_switchboard(
      ports_.system, {.open_link = ports_.open_link, .may_answer = ports_.may_answer, .on_cut_off = ports_.on_cut_off});
}

messages::keeper_actor node_wiring::start_keeper(const cluster_settings& configured,
                                                 std::function<void(const std::string&)> on_fatal) {
  using namespace domain;
  catalog::shard_factories start;
  start.open_store = ports_.open_store;
  start.open_coordination = ports_.open_coordination;
  start.read_plan = [](const std::string& text) { return plan_of_text(text); };
  start.start_event = [this](const event_id& event, persistence::shard_history history, shared_plan plan,
                             const messages::keeper_actor& keeper) {
    return actors::spawn_event(ports_.system, {event, std::move(plan), std::move(history), writer_, keeper, clock_,
                                               ports_.provider, ports_.event});
  };
  start.start_section = [this](const event_id& event, section_no number, persistence::shard_history history,
                               shared_plan plan, const messages::event_actor& event_actor, domain::epoch event_epoch,
                               const messages::keeper_actor& keeper) {
    // It has no terms, and holds nothing, until the event sends them.
    return actors::spawn_section(ports_.system, {event,
                                                 std::move(plan),
                                                 number,
                                                 {},
                                                 std::move(history),
                                                 event_actor,
                                                 writer_,
                                                 keeper,
                                                 clock_,
                                                 ports_.section,
                                                 event_epoch});
  };
  start.start_waiting_room = [this](const event_id& event, persistence::shard_history history,
                                    const messages::event_actor& event_actor, domain::epoch event_epoch,
                                    const messages::keeper_actor& keeper) {
    return actors::spawn_waiting_room(
        ports_.system, {event, {}, std::move(history), writer_, keeper, clock_, ports_.room, event_epoch, event_actor});
  };
  catalog::keeper_settings settings;
  settings.owner = ports_.owner;
  settings.shares = static_cast<bool>(ports_.open_coordination);
  settings.switchboard = switchboard_;
  settings.auto_rebalance = configured.auto_rebalance;
  settings.on_tally = ports_.on_tally;
  settings.on_fatal = std::move(on_fatal);
  // Shards in doubt write nothing, and while the node is not ready no buyer makes them try. A claim is a write, too, so
  // it shows that the store works again.
  settings.on_reclaimed = [this] { journal_.note(std::nullopt); };
  return catalog::spawn_shard_keeper(ports_.system, std::move(start), std::move(settings), router_,
                                     ports_.keeper_thread);
}

} // namespace usher::node
