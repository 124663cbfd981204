#include "gateway/listener.hpp"

#include "gateway/http/http_session.hpp"
#include "gateway/thread/session_thread.hpp"
#include "log/log.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace usher::gateway {

namespace {

/// At most this many clients for whom there is no room are being told so at once; the others are closed without a word.
constexpr std::ptrdiff_t surplus_max = 64;

} // namespace

using boost::asio::ip::tcp;

listener::listener(session_thread& home, const listen_address& where, http_port port,
                   std::vector<session_thread*> servers)
    : home_(home), port_(port), servers_(std::move(servers)), acceptor_(home.context()), pause_(home.context()) {
  try {
    tcp::endpoint address{boost::asio::ip::make_address(where.host), where.port};
    acceptor_.open(address.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address{true});
    acceptor_.bind(address);
    acceptor_.listen(boost::asio::socket_base::max_listen_connections);
    bound_ = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    throw cannot_listen{fmt::format("cannot listen at {}:{}: {}", where.host, where.port, error.code().message())};
  }
}

void listener::start() {
  accept();
}

void listener::stop() {
  boost::system::error_code ignored; // Nothing more is accepted anyway.
  acceptor_.close(ignored);
  pause_.cancel();
}

void listener::accept() {
  acceptor_.async_accept(home_.context(), [this](const boost::system::error_code& error, tcp_socket socket) {
    if (!acceptor_.is_open())
      return;
    if (!error) {
      accept(); // first, so that no fault in serving one connection keeps the next ones out
      return accepted(std::move(socket));
    }
    // Most likely out of descriptors: trying again at once would only burn CPU.
    log::of("gateway").warn("cannot accept a connection: {}", error.message());
    pause_.expires_after(std::chrono::milliseconds{100});
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled)
        accept();
    });
  });
}

/// How many connections there are more than may be, from there or in all; negative when there is room for this one.
std::ptrdiff_t listener::surplus_of(const tcp_socket& socket) const {
  const auto& shared = home_.shared();
  const auto& configured = shared.options;
  auto above = [](std::size_t taken, std::size_t most) {
    return static_cast<std::ptrdiff_t>(taken) - static_cast<std::ptrdiff_t>(most);
  };
  // Operators must get in even when buyers have taken every place.
  if (port_ != http_port::buyers)
    return -1;
  auto in_all = above(shared.places.taken(), configured.connections_max);
  boost::system::error_code error;
  auto peer = unmapped(socket.remote_endpoint(error).address());
  // Behind a proxy there are many.
  if (error || shared.proxies.contains(peer) || (peer.is_loopback() && !configured.per_address.limit_loopback))
    return in_all;
  return std::max(in_all, above(shared.places.taken_by(peer), configured.connections_per_address_max));
}

void listener::accepted(tcp_socket&& socket) {
  auto surplus = surplus_of(socket);
  if (surplus >= surplus_max)
    return;
  auto* server = servers_[next_++ % servers_.size()];
  if (server == &home_)
    return serve_http(home_, std::move(socket), port_, surplus >= 0);
  // The socket moves to another loop: only its descriptor may cross.
  auto protocol = socket.local_endpoint().protocol();
  server->post([server, protocol, descriptor = socket.release(), port = port_, surplus] {
    tcp_socket moved{server->context()};
    moved.assign(protocol, descriptor);
    serve_http(*server, std::move(moved), port, surplus >= 0);
  });
}

} // namespace usher::gateway
