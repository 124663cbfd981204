#pragma once

#include "actors/event.hpp"
#include "actors/journal_writer.hpp"
#include "actors/section.hpp"
#include "actors/store_clock.hpp"
#include "actors/waiting_room.hpp"
#include "catalog/shard_keeper.hpp"
#include "cluster/switchboard.hpp"
#include "messages/type_ids.hpp"
#include "node/journal_health.hpp"
#include "node/settings.hpp"
#include "payments/provider.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>

namespace usher::persistence {
class booking_store;
class coordination;
} // namespace usher::persistence

namespace usher::node {

/// What a node's actors are built upon: a process and its store in production, a simulated world in its tests.
struct node_ports {
  using opener = std::function<std::unique_ptr<persistence::booking_store>()>;

  caf::actor_system& system; ///< brings the threads and the steady clock
  opener open_store;         ///< once for each actor that blocks on the store
  /// For a node that shares its store with others; empty for one that has it alone.
  std::function<std::unique_ptr<persistence::coordination>()> open_coordination{};
  /// Makes the link to the other nodes, which tells its news to this; empty without any.
  std::function<std::shared_ptr<cluster::link>(cluster::link_news)> open_link{};
  std::function<bool()> may_answer = [] { return true; }; ///< what other nodes ask, from memory
  /// Another node says whether it reaches the store.
  std::function<void(const messages::store_cut_off&)> on_cut_off{};
  std::shared_ptr<payments::provider> provider;
  std::string owner; ///< names this process in a store that it has alone; never reused by another
  std::function<void(const catalog::shard_tally&)> on_tally{}; ///< see `catalog::keeper_settings`
  actors::writer_thread writer_thread = actors::writer_thread::own;
  catalog::keeper_thread keeper_thread = catalog::keeper_thread::own;
  // What no setting says. A simulation makes rare what is rare in production, such as snapshots, happen often.
  actors::event_limits event{};
  actors::section_limits section{};
  actors::waiting_room_limits room{}; ///< but for what the settings say
};

/// Wires a node's actors, from the journal writer to the shards' keeper: who is spawned with what, and who knows whom.
/// Waits for nobody and ends nobody.
class node_wiring {
public:
  /// Starts everything but the shards. `on_fatal` is the keeper's. Throws what the store throws.
  node_wiring(const settings& configured, node_ports ports, std::function<void(const std::string&)> on_fatal);
  node_wiring(const node_wiring&) = delete;
  node_wiring& operator=(const node_wiring&) = delete;

  [[nodiscard]] const node_ports& ports() const noexcept { return ports_; }
  /// The one time of everything with a deadline.
  [[nodiscard]] const actors::store_clock& clock() const noexcept { return clock_; }
  [[nodiscard]] const journal_health& journal() const noexcept { return journal_; }
  [[nodiscard]] const messages::journal_actor& writer() const noexcept { return writer_; }
  /// Null without links to other nodes.
  [[nodiscard]] const messages::switchboard_actor& switchboard() const noexcept { return switchboard_; }
  [[nodiscard]] const messages::router_actor& router() const noexcept { return router_; }
  [[nodiscard]] const messages::keeper_actor& keeper() const noexcept { return keeper_; }

private:
  messages::journal_actor start_writer(const settings& configured);
  [[nodiscard]] messages::switchboard_actor start_switchboard() const;
  messages::keeper_actor start_keeper(const cluster_settings& configured,
                                      std::function<void(const std::string&)> on_fatal);

  node_ports ports_;
  actors::store_clock clock_;
  journal_health journal_;
  messages::switchboard_actor switchboard_; ///< first, since a port in use must end the start before anybody runs
  messages::journal_actor writer_;
  messages::router_actor router_;
  messages::keeper_actor keeper_;
};

} // namespace usher::node
