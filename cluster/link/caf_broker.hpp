#pragma once

#include "cluster/link/unfinished_connections.hpp"

#include <caf/actor.hpp>
#include <caf/node_id.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

/// What CAF's broker for its own protocol (BASP) knows and does that has no message. All of it happens on the broker's
/// own thread, soon, and not at all once the broker has ended.
namespace usher::cluster {

/// A connection of the broker.
struct broker_connection {
  unfinished_connections::connection which;
  std::string address; ///< of the other end

  friend bool operator==(const broker_connection&, const broker_connection&) = default;
};

/// Given all connections, says which to break: by handle.
using connection_choice =
    std::function<std::vector<unfinished_connections::connection>(const std::vector<broker_connection>& all)>;

/// The connection to that node breaks for both ends, as if the network had done it.
void break_connection(const caf::actor& broker, const caf::node_id& with);

/// Connections break that `choose` names; `known` are the nodes whose connections are finished.
void break_connections(const caf::actor& broker, std::set<caf::node_id> known, connection_choice choose);

} // namespace usher::cluster
