#pragma once

#include "crowd/address.hpp"

#include <cstdint>
#include <memory>
#include <thread>

namespace usher::bench {

/// Stands between two programs of this machine and carries their bytes, until the way is cut: then nothing passes in
/// either direction, not even an end, but no connection is closed and new ones are accepted, as if the network had lost
/// every packet. What was on its way when the way is mended goes on, as TCP would repeat it.
class tcp_relay {
public:
  /// Listens on a free loopback port. Connections go on to `to`, whose host is numeric.
  explicit tcp_relay(crowd::address to);
  /// Closes every connection.
  ~tcp_relay();
  tcp_relay(const tcp_relay&) = delete;
  tcp_relay& operator=(const tcp_relay&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Both return when it is so.
  void cut();
  void mend();

private:
  class traffic;

  std::unique_ptr<traffic> traffic_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

} // namespace usher::bench
