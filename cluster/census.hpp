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
#include <string>

namespace usher::cluster {

/// How a node takes part.
struct census_settings {
  persistence::node_card card; ///< its `owner` is drawn anew for each life
  std::chrono::milliseconds beat{1'000};
  std::chrono::milliseconds look{250}; ///< between looks at the others and at the store's news
  member_watch_limits watch{};
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
};

/// A life that has begun.
struct life {
  incarnation number;
  std::string owner; ///< what the rows of its shards say
};

/// Begins a node's first life. Blocks for about as long as a node takes to be called silent, and a second, if somebody
/// is in the way: whoever is in the way and silent is ended. Throws `store_broken`, with a sentence for people, if
/// somebody who lives stays in the way, and `store_unavailable`. `wait` lets time pass.
[[nodiscard]] life join(const census_settings& settings, const census_ports& ports,
                        const std::function<void(std::chrono::milliseconds)>& wait);

/// Takes no requests, and ends when it is told to exit: unless it is killed, it says then that the node has left.
using census_actor = caf::actor;

/// Where the census runs.
enum class census_thread {
  own,    ///< a thread of its own, since the store blocks
  shared, ///< the scheduler's, for deterministic tests
};

/// Starts the actor that keeps a node alive in the store, and tells the keeper who else lives there.
///
/// It beats, and each beat that is counted renews the serving right. With a name it also ends whoever is silent, and
/// passes on the store's news. A node with a name that hears that it was ended loses its right, is nobody for the
/// keeper, and joins again, as often as that takes; one without a name has been replaced, and its process stops. A
/// store that is away is tried again at each look.
[[nodiscard]] census_actor spawn_census(caf::actor_system& system, census_settings settings, census_ports ports,
                                        life first, messages::keeper_actor keeper,
                                        census_thread thread = census_thread::own);

} // namespace usher::cluster
