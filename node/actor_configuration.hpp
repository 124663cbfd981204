#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/settings.hpp>

namespace usher::node {

/// How a node's actor system is set up.
///
/// One scheduler thread: on a machine with few cores, waking a second one costs more than the work it takes over
/// (docs/performance.md). All threads share one queue, so an idle node sleeps instead of looking for work to steal.
class actor_configuration : public caf::actor_system_config {
public:
  /// `configured` is the `caf` group of the configuration file. Throws `bad_configuration`.
  explicit actor_configuration(const caf::settings& configured);

private:
  void take(const caf::settings& group, const std::string& prefix);
};

/// Registers Usher's and CAF's message types: once per process, before the first actor system.
void register_message_types();

} // namespace usher::node
