#pragma once

#include "messages/type_ids.hpp"

#include <caf/fwd.hpp>

namespace usher::cluster {

/// Starts the actor that finds the shard each request is for and passes the request on: the answer bypasses it.
/// `switchboard` hears of this node's gateways; null without links to other nodes.
[[nodiscard]] messages::router_actor spawn_router(caf::actor_system& system,
                                                  messages::switchboard_actor switchboard = {});

} // namespace usher::cluster
