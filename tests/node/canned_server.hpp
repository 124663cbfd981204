#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::node::testing {

/// A certificate and its key, in PEM.
struct identity {
  std::string certificate;
  std::string key;
};

/// Issues certificates, and is believed by nobody who does not know it.
class authority {
public:
  authority();
  ~authority();

  /// Its own certificate, in PEM.
  [[nodiscard]] const std::string& certificate() const;

  /// For `names`, e.g. `DNS:localhost,IP:127.0.0.1`, valid from and until so many seconds from now.
  [[nodiscard]] identity issue(const std::string& names, long from_s = -60, long until_s = 600) const;

private:
  class keys;
  std::unique_ptr<keys> keys_;
};

/// Answers requests on a loopback port without understanding them, over TLS if it has an identity.
class canned_server {
public:
  /// `answer` is all that it sends: head and body.
  canned_server(std::string answer, std::optional<identity> as);
  /// One connection after the other gets one answer each, and all further ones the last. For an empty one the
  /// connection ends.
  canned_server(std::vector<std::string> answers, std::optional<identity> as);
  ~canned_server();

  [[nodiscard]] std::uint16_t port() const;
  /// What was sent to it so far, decrypted: the first piece of each connection.
  [[nodiscard]] std::string heard() const;
  /// The host names that clients asked for in their handshakes.
  [[nodiscard]] std::vector<std::string> asked_for() const;

private:
  class network;
  std::unique_ptr<network> network_;
};

} // namespace usher::node::testing
