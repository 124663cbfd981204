#include "gateway/listener.hpp"

#include "gateway/http/http_session.hpp"
#include "gateway/shared_parts.hpp"
#include "gateway/thread/session_thread.hpp"
#include "log/log.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace usher::gateway {

namespace {

/// Further ones of this machine and of private networks: probes come from there.
constexpr std::ptrdiff_t reserve_max = 16;

} // namespace

using boost::asio::ip::tcp;

listener::listener(shared_parts& shared, session_thread& home, const listen_address& where, http_port port,
                   std::vector<session_thread*> servers)
    : shared_(shared), home_(home), port_(port), servers_(std::move(servers)), acceptor_(home.context()),
      pause_(home.context()) {
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

buyer_places& listener::places() const {
  return port_ == http_port::buyers ? shared_.places : shared_.operators_places;
}

buyer_places::owner listener::owner_of(const boost::asio::ip::address& peer) const {
  // All clients behind a trusted proxy share its address, and operators come from few: so only the total counts.
  if (port_ == http_port::operators || shared_.proxies.contains(peer) || shared_.unlimited.contains(peer))
    return std::nullopt;
  return shared_.limits.is_limited({peer, peer.is_loopback()}) ? buyer_places::owner{peer} : std::nullopt;
}

void listener::accepted(tcp_socket&& socket) {
  const auto& configured = shared_.options;
  boost::system::error_code error;
  auto peer = unmapped(socket.remote_endpoint(error).address());
  if (error)
    return; // gone already
  if (port_ == http_port::buyers && configured.proxy_protocol && !shared_.proxies.contains(peer))
    return; // whoever is not a proxy must come through one
  auto place = places().take(owner_of(peer));
  auto most = port_ == http_port::buyers ? configured.connections_max : configured.operators_connections_max;
  auto in_all = static_cast<std::ptrdiff_t>(places().taken()) - static_cast<std::ptrdiff_t>(most);
  auto own = places().excess_of(place, {configured.connections_per_address_max, configured.newcomers_per_address_max});
  if (std::max(in_all, own) > buyer_places::surplus_max + (is_private(peer) ? reserve_max : 0))
    return;
  auto how = own > 0 ? reception::turned_away : in_all > 0 ? reception::served_if_another_goes : reception::served;
  auto* server = servers_[next_++ % servers_.size()];
  if (server == &home_)
    return home_.serve(std::move(socket), port_, std::move(place), how);
  // The socket moves to another loop: only its descriptor may cross.
  auto protocol = socket.local_endpoint().protocol();
  boost::asio::post(server->context(), [server, protocol, descriptor = socket.release(), port = port_,
                                        place = std::move(place), how]() mutable {
    tcp_socket moved{server->context()};
    moved.assign(protocol, descriptor);
    server->serve(std::move(moved), port, std::move(place), how);
  });
}

} // namespace usher::gateway
