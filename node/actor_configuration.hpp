#pragma once

#include "cluster/link/link_settings.hpp"
#include "cluster/link/tls_files.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/settings.hpp>

#include <memory>

namespace usher::node {

/// How a node's actor system is set up.
///
/// One scheduler thread: on a machine with few cores, waking a second one costs more than the work it takes over
/// (docs/performance.md). All threads share one queue, so an idle node sleeps instead of looking for work to steal.
class actor_configuration : public caf::actor_system_config {
public:
  /// `configured` is the `caf` group of the configuration file, `link` the one to other nodes. Throws
  /// `bad_configuration`, and what `cluster::prepare` throws.
  actor_configuration(const caf::settings& configured, const cluster::link_settings& link);

private:
  std::unique_ptr<cluster::tls_files> files_; ///< which the link's library reads

  void take(const caf::settings& group, const std::string& prefix);
};

/// Registers Usher's and CAF's message types: once per process, before the first actor system.
void register_message_types();

} // namespace usher::node
