#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace usher::bench {

/// The least that a WebSocket server can do on this machine: Beast, one thread, no JSON, no routing. It answers every
/// frame with the same frame, padded with blanks to `answer_bytes`: as many bytes each way as in a real exchange.
class echo_server {
public:
  /// Listens on a port of the loopback interface, 0 for a free one.
  echo_server(std::uint16_t port, std::size_t answer_bytes);
  ~echo_server();

  [[nodiscard]] std::uint16_t port() const;
  /// Serves until `stop`.
  void run();
  /// From any thread.
  void stop();

private:
  class listener;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<listener> listener_;
};

} // namespace usher::bench
