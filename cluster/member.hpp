#pragma once

#include "persistence/coordination.hpp"

#include <chrono>

/// What the classes that judge who is alive have in common. They do no I/O and read no clock: callers bring the time.
namespace usher::cluster {

using persistence::incarnation;
using persistence::member;
using persistence::membership;
using persistence::node_status;

/// A moment by this node's own clock, which only runs forward (`boot_time`). Moments of two nodes are never compared.
using tick = std::chrono::steady_clock::time_point;

/// Whether a node with this status answers requests, so that others may complain that they cannot reach it.
[[nodiscard]] constexpr bool serves(node_status status) {
  return status == node_status::up || status == node_status::draining;
}

} // namespace usher::cluster
