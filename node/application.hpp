#pragma once

#include "gateway/options.hpp"
#include "node/configuration.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace usher::node {

/// One node: everything that serves, built bottom-up and taken down in reverse.
class application {
public:
  /// Called when the node cannot go on, e.g. because another process took over its store; on any thread, must not
  /// block. The node must still be stopped afterwards.
  using fatal = std::function<void(std::string why)>;

  /// Opens the store, claims all shards and serves. Returns when the node is ready. Throws `bad_configuration`,
  /// `persistence::store_unavailable`, `persistence::store_broken`, or `std::system_error` when an address cannot be
  /// listened on.
  application(const configuration& configured, fatal on_fatal);
  /// Stops.
  ~application();
  application(const application&) = delete;
  application& operator=(const application&) = delete;

  /// Waits until no order is under way, or until `until`.
  void settle(std::chrono::steady_clock::time_point until);
  /// Whether there are other nodes that take over what this one serves when it stops.
  [[nodiscard]] bool has_others() const;
  /// Says at `/readyz` that it will stop, and serves on.
  void announce_end();
  /// Stops accepting, lets what is in flight finish within the configured time, flushes the journal and stops. Where
  /// there are other nodes, they take over its shards before, and then its clients, who are served until they go.
  void stop();
  /// Stops without waiting for orders under way: for a node that cannot go on. Whoever serves its events next carries
  /// them on.
  void give_up();

  /// Where it serves, with the real ports.
  [[nodiscard]] const gateway::listen_address& buyers() const;
  [[nodiscard]] const gateway::listen_address& operators() const;
  /// The configured admin key, or the generated one.
  [[nodiscard]] const std::string& admin_key() const;

private:
  class parts;
  std::unique_ptr<parts> parts_;
};

} // namespace usher::node
