#pragma once

#include "cluster/census.hpp"
#include "cluster/wake_watch.hpp"
#include "messages/type_ids.hpp"
#include "node/settings.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>

namespace usher::node {

/// This node among those that serve its PostgreSQL store, as one of several or alone: it joins, beats and leaves, and
/// says whether this node may answer.
class node_membership {
public:
  /// `on_fatal` is called, on any thread, when the process must stop.
  node_membership(const settings& configured, std::function<void(const std::string& why)> on_fatal);
  ~node_membership() = default;
  node_membership(const node_membership&) = delete;
  node_membership& operator=(const node_membership&) = delete;

  /// Joins, which may take seconds, and then beats, and tells the keeper who else lives. A node without a name replaces
  /// another one by this. Throws `store_broken`, with a sentence for people, when it may not join, and
  /// `store_unavailable`. Repeating it does nothing.
  void enter(caf::actor_system& system, const messages::keeper_actor& keeper);
  /// Leaves. Call when nothing of this node writes any more: whoever stays claims its shards at once.
  void end(caf::scoped_actor& self);

  /// What the rows of this node's shards say, as long as it lives its first life.
  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }
  /// Whether this node may answer from what it has in memory (`cluster::serving_right`). Thread-safe.
  [[nodiscard]] bool may_answer() const { return right_->holds(cluster::boot_time()); }
  /// What the server is to call a connection of this node that is opened now; called on any thread, even when this
  /// object is gone.
  [[nodiscard]] std::function<std::string()> session() const;

private:
  struct present_life;

  std::shared_ptr<present_life> now_;
  std::shared_ptr<cluster::serving_right> right_;
  cluster::wake_watch awake_;
  cluster::census_settings settings_;
  cluster::census_ports ports_;
  std::string owner_;
  cluster::census_actor census_; ///< once it has joined
};

/// Names a process in the store: readable, and unlike any other.
[[nodiscard]] std::string draw_owner_name();

} // namespace usher::node
