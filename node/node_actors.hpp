#pragma once

#include "actors/store_clock.hpp"
#include "messages/type_ids.hpp"
#include "node/actor_configuration.hpp"
#include "node/cluster_desk.hpp"
#include "node/figure_board.hpp"
#include "node/journal_health.hpp"
#include "node/node_membership.hpp"
#include "node/node_wiring.hpp"
#include "node/settings.hpp"
#include "payments/provider.hpp"

#include <caf/actor_system.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::persistence {
class booking_store;
}

namespace usher::node {

/// The actors of one node and the actor system they live in: starts, waits and stops for `node_wiring`.
class node_actors {
public:
  using opener = std::function<std::unique_ptr<persistence::booking_store>()>;

  /// Starts everything but the shards. `on_fatal` is called, on any thread, with a
  /// sentence for people, when this process must stop. Throws what the store throws, and `bad_configuration`.
  node_actors(const settings& configured, const caf::settings& of_actor_system,
              std::function<void(const std::string&)> on_fatal);
  /// Ends the actors if `stop` has not done so.
  ~node_actors();
  node_actors(const node_actors&) = delete;
  node_actors& operator=(const node_actors&) = delete;

  /// Joins the nodes of the store, by which a node without a name replaces another one; claims this node's shards (all
  /// that are in the store, whoever had them, unless it shares the store), starts them, and returns the events that the
  /// router then knows. Throws what the store throws, and `std::runtime_error`.
  std::vector<domain::event_id> start_shards();
  /// Gives all shards to the other nodes, as far as there are any; what is asked here meanwhile is answered by those.
  /// Returns when that is done, or at `until`. A node without links does nothing.
  void give_shards_away(std::chrono::steady_clock::time_point until);
  /// Whether there are other nodes to which shards and clients can go.
  [[nodiscard]] bool has_links() const noexcept { return membership_ && membership_->has_links(); }
  /// See `node_membership::on_status`; a node without links calls nobody.
  void on_status(std::function<void(std::optional<persistence::node_status>)> listener) {
    if (has_links())
      membership_->on_status(std::move(listener));
  }
  /// What a desk for operators of these nodes needs. It must not outlive this object.
  [[nodiscard]] cluster_desk::parts for_cluster_desk(const settings& configured);
  /// Why this node does not answer, in words for operators; nothing if it does. Thread-safe.
  [[nodiscard]] std::optional<std::string> not_answering() const;
  /// Waits until no order is under way, or until `until`.
  void settle(std::chrono::steady_clock::time_point until);
  /// Ends the shards and everything below them, and then notes how far the journals reach, so that an audit notices
  /// even the loss of the very last facts. Repeating it does nothing.
  void stop();

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }
  /// The one time of everything with a deadline.
  [[nodiscard]] const actors::store_clock& clock() const noexcept { return wiring_.clock(); }
  [[nodiscard]] const journal_health& journal() const noexcept { return wiring_.journal(); }
  /// Whether this node may answer from what it has in memory. Thread-safe.
  [[nodiscard]] bool may_answer() const { return !membership_ || membership_->may_answer(); }
  [[nodiscard]] const messages::router_actor& router() const noexcept { return wiring_.router(); }
  [[nodiscard]] const messages::keeper_actor& keeper() const noexcept { return wiring_.keeper(); }

private:
  /// Nothing when the router does not answer in time.
  std::optional<std::vector<domain::event_id>> known_events(caf::scoped_actor& self, std::chrono::seconds patience);
  [[nodiscard]] node_ports ports(const settings& configured);
  /// The same, but noted here first.
  [[nodiscard]] std::function<void(const std::string&)> noting(std::function<void(const std::string&)> on_fatal);
  [[nodiscard]] std::string figures();
  [[nodiscard]] cluster_picture look_alone(const persistence::node_card& card);
  void end_actors();
  void note_ends() const;

  std::shared_ptr<std::atomic<bool>> failed_ = std::make_shared<std::atomic<bool>>(false); ///< this process must stop
  std::shared_ptr<figure_board> figures_ = std::make_shared<figure_board>();
  domain::instant since_;                       ///< it serves a store that one node only can use
  std::unique_ptr<node_membership> membership_; ///< none with a store that one node only can use
  opener open_;
  std::shared_ptr<payments::provider> provider_;
  actor_configuration configuration_;
  caf::actor_system system_;
  node_wiring wiring_;
  bool ended_ = false; ///< the actors
};

} // namespace usher::node
