#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace usher::crowd {

/// The authorities whose certificates a client believes. TLS 1.2 or later.
class trust {
public:
  /// The authorities in `file`, in PEM, and no others; if empty, those of this machine. Throws `std::invalid_argument`
  /// when the file has none.
  explicit trust(const std::string& file = {});

  [[nodiscard]] boost::asio::ssl::context& context() { return context_; }

private:
  boost::asio::ssl::context context_;
};

/// Makes a session ask for the server that is called `name`, a host name or a numeric address, and accept only a
/// certificate for it.
void expect_server(SSL* session, const std::string& name);

/// Why a TLS session did not come about, and what to do. Call it at once after the handshake that ended with `error`.
[[nodiscard]] std::string why_insecure(const SSL* session, const boost::system::error_code& error);

/// A hint for people if plain HTTP that ended with `error` may have been sent to a port that speaks TLS, which answers
/// by an alert, by a reset, or not at all; else nothing.
[[nodiscard]] std::string hint_at_tls(const boost::system::error_code& error);

} // namespace usher::crowd
