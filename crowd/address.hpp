#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace usher::crowd {

class trust;

/// Where a server listens, and how it is spoken to.
struct address {
  std::string host = "127.0.0.1"; ///< numeric; for HTTP alone, a name will do
  std::uint16_t port = 0;
  std::string name = {};            ///< what requests, and its certificate, call it; if empty, `host`
  std::shared_ptr<trust> whom = {}; ///< whose certificates are believed; if none, it is spoken to in plain text

  [[nodiscard]] const std::string& called() const { return name.empty() ? host : name; }
};

/// `127.0.0.1:8080`, `[::1]:8080` or `tickets.example:443`
[[nodiscard]] inline std::string to_string(const address& x) {
  auto& called = x.called();
  return (called.find(':') == std::string::npos ? called : "[" + called + "]") + ":" + std::to_string(x.port);
}

/// Finds out which of the addresses of `name`, a host name or a numeric address, answers. Throws `unreachable` when
/// none does within ten seconds.
[[nodiscard]] address find_server(const std::string& name, std::uint16_t port, std::shared_ptr<trust> whom);

/// A port of the loopback interface on which nobody listens at the moment. Another program may take it before the
/// caller does.
[[nodiscard]] std::uint16_t free_port();

} // namespace usher::crowd
