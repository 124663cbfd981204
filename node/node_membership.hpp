#pragma once

#include "cluster/census.hpp"
#include "cluster/link/link.hpp"
#include "cluster/wake_watch.hpp"
#include "messages/type_ids.hpp"
#include "node/settings.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usher::node {

/// This node among those that serve its PostgreSQL store, as one of several or alone: it joins, beats and leaves, and
/// says whether this node may answer.
class node_membership {
public:
  /// `on_fatal` is called, on any thread, when the process must stop; `figures` with each beat, and must not block.
  node_membership(const settings& configured, std::function<void(const std::string& why)> on_fatal,
                  std::function<std::string()> figures = {});
  ~node_membership() = default;
  node_membership(const node_membership&) = delete;
  node_membership& operator=(const node_membership&) = delete;

  /// Joins, which may take seconds, and then beats, and tells the keeper and the switchboard, if there is one, who else
  /// lives. A node without a name replaces another one by this. Throws `store_broken`, with a sentence for people, when
  /// it may not join, and `store_unavailable`. Repeating it does nothing. A node with links listens before: else
  /// others would take it for dead.
  void enter(caf::actor_system& system, const messages::keeper_actor& keeper,
             const messages::switchboard_actor& switchboard);
  /// Whether it is to have links to the others.
  [[nodiscard]] bool has_links() const noexcept { return settings_.links; }
  /// The same news, after the census has heard of what they say about links. Outlives this object.
  [[nodiscard]] cluster::link_news overhear(cluster::link_news news) const;
  /// What the census is to hear: another node says whether it reaches the store.
  [[nodiscard]] std::function<void(const messages::store_cut_off&)> on_cut_off() const;
  /// Gives nothing more to this node: its shards belong to the others from now on. Throws what the store throws.
  void start_draining();
  /// As the store has this node; nothing before it has joined, and after it was ended. Thread-safe.
  [[nodiscard]] std::optional<persistence::node_status> status() const;
  /// Has `listener` hear how the store has this node: now, and whenever that changes, on any thread; it must not block.
  /// With an empty one nobody is called any more once this has returned.
  void on_status(std::function<void(std::optional<persistence::node_status>)> listener);
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
  struct present_census;

  std::shared_ptr<present_life> now_;
  std::shared_ptr<cluster::serving_right> right_;
  cluster::wake_watch awake_;
  std::string owner_;
  cluster::census_settings settings_;
  cluster::census_ports ports_;
  std::shared_ptr<present_census> census_; ///< once it has joined
};

/// Names a process in the store: readable, and unlike any other.
[[nodiscard]] std::string draw_owner_name();
/// The name of the host on which that process runs.
[[nodiscard]] std::string host_in_owner_name(const std::string& owner);

/// What a node with these settings says of itself, but for its `owner`.
[[nodiscard]] persistence::node_card card_of(const settings& configured);

/// Why a node of `host` must not join one on another host, unless `cluster.allow-sandbox` says that it may: each host
/// has a payment sandbox of its own.
[[nodiscard]] std::optional<std::string> objection_to_sandboxes(const std::string& host,
                                                                const persistence::member& other);

} // namespace usher::node
