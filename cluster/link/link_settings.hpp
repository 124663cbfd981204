#pragma once

#include <optional>
#include <string>

namespace usher::cluster {

/// Files in PEM; all three or none.
struct tls_settings {
  std::string certificate; ///< this node's, and those between it and the authority
  std::string key;
  std::string authorities; ///< whoever has a certificate of one of them is a member

  [[nodiscard]] bool is_used() const noexcept { return !certificate.empty(); }
};

struct link_settings {
  std::string listen; ///< "host:port", where other nodes reach this one; empty: there are no links
  tls_settings tls;
  bool insecure = false; ///< may do without TLS, whoever can reach it
};

/// Why a node must not start with these, in a sentence.
[[nodiscard]] std::optional<std::string> objection_to(const link_settings& settings);

} // namespace usher::cluster
