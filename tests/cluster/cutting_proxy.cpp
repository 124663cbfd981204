#include "tests/cluster/cutting_proxy.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <list>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usher::tests {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  result.sin_port = htons(port);
  return result;
}

/// The two connections of which one is made.
struct pair_of_sockets {
  int client = -1;
  int server = -1;
};

void close_both(const pair_of_sockets& two) {
  ::close(two.client);
  ::close(two.server);
}

/// Carries what has come; false when one of the two has ended.
bool carry(int from, int to) {
  std::array<char, 65536> buffer{};
  auto size = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0)
    return errno == EAGAIN;
  for (ssize_t done = 0; done < size;) {
    auto sent = ::send(to, buffer.data() + done, static_cast<std::size_t>(size - done), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    done += sent;
  }
  return size > 0;
}

pair_of_sockets join(int listener, std::uint16_t target) {
  pair_of_sockets fresh{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), ::socket(AF_INET, SOCK_STREAM, 0)};
  auto there = loopback(target);
  const auto on = 1;
  for (auto one : {fresh.client, fresh.server})
    ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fresh.server, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0)
    ::shutdown(fresh.client, SHUT_RDWR);
  return fresh;
}

bool has_come(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0;
}

} // namespace

cutting_proxy::cutting_proxy(std::uint16_t target)
    : target_(target), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto here = loopback(0);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 16) != 0
      || ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error{"the proxy cannot listen"};
  port_ = ntohs(here.sin_port);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

cutting_proxy::~cutting_proxy() {
  thread_ = {};
  ::close(listener_);
}

void cutting_proxy::run(const std::stop_token& stop) {
  std::list<pair_of_sockets> all;
  while (!stop.stop_requested()) {
    std::vector<pollfd> wanted{{listener_, POLLIN, 0}};
    for (const auto& one : all) {
      wanted.push_back({forth_is_cut_ ? -1 : one.client, POLLIN, 0});
      wanted.push_back({back_is_cut_ ? -1 : one.server, POLLIN, 0});
    }
    ::poll(wanted.data(), wanted.size(), 10);
    if (has_come(listener_))
      all.push_back(join(listener_, target_));
    all.remove_if([this](const pair_of_sockets& one) {
      auto lives = (forth_is_cut_ || !has_come(one.client) || carry(one.client, one.server))
                   && (back_is_cut_ || !has_come(one.server) || carry(one.server, one.client));
      if (!lives)
        close_both(one);
      return !lives;
    });
  }
  for (const auto& one : all)
    close_both(one);
}

} // namespace usher::tests
