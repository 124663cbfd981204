#pragma once

#include "cluster/boot_time.hpp"
#include "cluster/member_watch.hpp"
#include "cluster/serving_right.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usher::cluster {

/// How a node takes part.
struct census_settings {
  persistence::node_card card; ///< its `owner` is drawn anew for each life
  std::chrono::milliseconds beat{1'000};
  std::chrono::milliseconds look{250}; ///< between looks at the others and at the store's news
  member_watch_limits watch{};
  /// Whether it has links to the others, and takes nothing on before it reaches all who serve.
  bool links = false;
  std::chrono::milliseconds cut_off{2'000}; ///< without a counted beat, until the others are told
  /// Why this node must not begin its first life beside that one, in a sentence; nothing if it may.
  std::function<std::optional<std::string>(const member&)> objection{};
};

/// What it takes for that.
struct census_ports {
  std::function<std::unique_ptr<persistence::coordination>()> open;
  std::function<std::string()> draw_owner; ///< never the same twice
  std::shared_ptr<serving_right> right;
  std::function<tick()> now{boot_time};
  std::function<void(const std::string& sentence)> on_fatal; ///< this process must stop
  /// A life has begun: connections that are opened from now on are to carry its name (`persistence::session_of`).
  std::function<void(incarnation)> joined{};
  /// As the store has this node, whenever that changes; nothing after it has been ended. Must not block.
  std::function<void(std::optional<persistence::node_status>)> status_changed{};
  /// What the node says of itself with each beat (`persistence::coordination::beat`). Must not block.
  std::function<std::string()> figures{};
  messages::switchboard_actor switchboard{}; ///< hears who lives, as the keeper does; null without links
  /// The others are to be told (`messages::store_cut_off`) that this node cannot reach the store, or that it can again.
  /// Must not block.
  std::function<void(bool cut_off)> cut_off_from_store{};
};

/// A life that has begun.
struct life {
  incarnation number;
  std::string owner; ///< what the rows of its shards say
};

/// Begins a node's first life. Blocks for about as long as a node takes to be called silent, and a second, if somebody
/// is in the way: whoever is in the way and silent is ended. Throws `store_broken`, with a sentence for people, if
/// somebody who lives stays in the way, and `store_unavailable`. `wait` lets time pass. A node with links is still
/// joining then.
[[nodiscard]] life join(const census_settings& settings, const census_ports& ports,
                        const std::function<void(std::chrono::milliseconds)>& wait);

/// Takes no requests but `link_changed` and `store_cut_off`, and ends when it is told to exit: unless it is killed, it
/// says then that the node has left.
using census_actor = caf::actor;

/// Where the census runs.
enum class census_thread {
  own,    ///< a thread of its own, since the store blocks
  shared, ///< the scheduler's, for deterministic tests
};

/// Starts the actor that keeps a node alive in the store, and tells the keeper and the switchboard who else lives
/// there.
///
/// It beats, and each beat that is counted renews the serving right. With a name it also ends whoever must go (`cuts`),
/// and passes on the store's news. A node with a name that hears that it was ended loses its right, is nobody for the
/// keeper, and joins again, as often as that takes; one without a name has been replaced, and its process stops. A
/// store that is away is tried again at each look.
///
/// With links it notes in the store which nodes it does not reach, as soon as a link says so, and judges at once: if a
/// process is gone, the last one to note it ends the node.
[[nodiscard]] census_actor spawn_census(caf::actor_system& system, census_settings settings, census_ports ports,
                                        life first, messages::keeper_actor keeper,
                                        census_thread thread = census_thread::own);

} // namespace usher::cluster
