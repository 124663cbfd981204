#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace usher::bench {

/// An actor system like a node's: one scheduler thread that is woken at once.
class measured_system {
public:
  measured_system();

  caf::actor_system& operator*() { return system_; }

private:
  /// Registers the message types first, which may be done twice.
  static caf::actor_system_config& prepare(caf::actor_system_config& configuration);

  caf::actor_system_config configuration_;
  caf::actor_system system_;
};

} // namespace usher::bench
