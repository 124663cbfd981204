#pragma once

#include "messages/type_ids.hpp"
#include "persistence/coordination.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace usher::node {

/// What has clients go and stay: see `gateway::server`. Called on the threads of actors, must not block.
struct farewell_calls {
  std::function<void()> announce;
  std::function<void(std::chrono::milliseconds spread)> send_away;
  std::function<void()> go_on;
};

struct farewell_times {
  std::chrono::milliseconds notice; ///< from when all shards are with others until the first client is sent away
  std::chrono::milliseconds spread; ///< from then on until the last one
};

/// Sends a node's clients to the others when an operator drains it, and lets those who are left stay when it is
/// undrained. The node itself goes on. Thread-safe.
class farewell {
public:
  /// `keeper` knows when the node's shards are with others.
  farewell(caf::actor_system& system, const messages::keeper_actor& keeper, farewell_calls calls, farewell_times times);
  /// Stops.
  ~farewell();
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;

  /// How the store has the node; nothing while it does not count it. Does not block.
  void note(std::optional<persistence::node_status> status);
  /// Calls nothing any more once this has returned. Repeating it does nothing.
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace usher::node
