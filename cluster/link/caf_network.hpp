#pragma once

#include "cluster/link/caf_channels.hpp"
#include "cluster/link/link_address.hpp"
#include "cluster/link/unfinished_connections.hpp"

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/middleman_actor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace usher::cluster {

/// This node's place in CAF's network: an address where others send words to, as messages of one string. There is one
/// connection between two nodes, whoever has dialled, and so one channel.
///
/// CAF's network has no word for breaking a connection, or for counting those that say nothing: this looks into its
/// broker, on the broker's own thread, and shuts their sockets.
class caf_network {
public:
  /// Listens. Throws `std::runtime_error` when it cannot.
  caf_network(caf::actor_system& system, const link_address& listen, bool with_tls, channel_events events,
              link_sessions::complaint complain);
  /// Listens no more, and breaks all connections. Tells nothing from then on that had not begun.
  ~caf_network();
  caf_network(const caf_network&) = delete;
  caf_network& operator=(const caf_network&) = delete;

  /// Where it listens.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Connects to whoever listens there: null if that fails, or takes too long. Blocks, but on a thread of CAF's own for
  /// this one only does it wait for the kernel, which may take minutes.
  [[nodiscard]] link_sessions::channel dial(const link_address& where, std::chrono::milliseconds patience);
  /// Breaks connections that are of no use: all but those of the given channels, after a while. To be called again and
  /// again.
  void end_strangers(const std::vector<link_sessions::channel>& known, tick now);

private:
  [[nodiscard]] caf::io::middleman_actor make_middleman() const;
  void listen(const link_address& where);
  void listen_no_more();
  void break_all();

  caf::actor_system& system_;
  const bool with_tls_;
  const caf::actor broker_;
  const link_sessions::complaint complain_;
  const std::shared_ptr<caf_channels> channels_;
  const caf::strong_actor_ptr inbox_;                       ///< who is published
  const std::shared_ptr<unfinished_connections> strangers_; ///< for the broker's thread
  std::uint16_t port_ = 0;
};

} // namespace usher::cluster
