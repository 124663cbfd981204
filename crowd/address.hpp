#pragma once

#include <cstdint>
#include <string>

namespace usher::crowd {

/// Where a server listens.
struct address {
  std::string host = "127.0.0.1"; ///< numeric
  std::uint16_t port = 0;

  friend bool operator==(const address&, const address&) = default;
};

/// `127.0.0.1:8080`
[[nodiscard]] inline std::string to_string(const address& x) {
  return x.host + ":" + std::to_string(x.port);
}

/// A port of the loopback interface on which nobody listens at the moment. Another program may take it before the
/// caller does.
[[nodiscard]] std::uint16_t free_port();

} // namespace usher::crowd
