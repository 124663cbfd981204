#pragma once

#include "bench/descriptor.hpp"

#include <string>

namespace usher::bench {

/// Where a child process says that it serves, by systemd's protocol: it sends `READY=1` to the socket that
/// NOTIFY_SOCKET names.
class ready_socket {
public:
  /// Throws `std::system_error`.
  ready_socket();

  /// `NOTIFY_SOCKET=…`, for the child's environment.
  [[nodiscard]] const std::string& variable() const noexcept { return variable_; }
  /// Readable once something was said.
  [[nodiscard]] const descriptor& input() const noexcept { return socket_; }
  /// Reads one notice, if any; true if it says that the child serves.
  [[nodiscard]] bool heard_ready() const;

private:
  descriptor socket_;
  std::string variable_;
};

} // namespace usher::bench
