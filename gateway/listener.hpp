#pragma once

#include "gateway/buyer_places.hpp"
#include "gateway/http/routes.hpp"
#include "gateway/options.hpp"
#include "gateway/socket.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace usher::gateway {

class session_thread;
struct shared_parts;

/// An address cannot be listened on; says which and why.
class cannot_listen : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Accepts connections on one thread and hands them out to several in turn.
class listener {
public:
  /// Binds at once. Throws `cannot_listen`.
  listener(shared_parts& shared, session_thread& home, const listen_address& where, http_port port,
           std::vector<session_thread*> servers);

  /// The port that was bound, even if the system chose it.
  [[nodiscard]] std::uint16_t port() const noexcept { return bound_; }

  /// Call both on the home's thread.
  void start();
  void stop();

private:
  void accept();
  void accepted(tcp_socket&& socket);
  [[nodiscard]] buyer_places& places() const;
  /// Whose a connection is, as far as it can be known before its first request.
  [[nodiscard]] buyer_places::owner owner_of(const boost::asio::ip::address& peer) const;

  shared_parts& shared_;
  session_thread& home_;
  http_port port_;
  std::vector<session_thread*> servers_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type> acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t bound_ = 0;
  std::size_t next_ = 0;
};

} // namespace usher::gateway
