#include "cluster/link/probe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usher::cluster {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class socket_guard {
public:
  explicit socket_guard(int fd) : fd_(fd) {}
  ~socket_guard() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  socket_guard(const socket_guard&) = delete;
  socket_guard& operator=(const socket_guard&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }

private:
  int fd_;
};

using addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

addresses look_up(const link_address& where) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &wanted, &found) != 0)
    found = nullptr;
  return {found, &::freeaddrinfo};
}

reach meaning_of(int error) {
  if (error == 0)
    return reach::open;
  return error == ECONNREFUSED ? reach::refused : reach::silent;
}

/// Waits for the outcome of a connect that is under way. The slices are how long it may take to notice a stop.
reach await(int fd, clock::time_point until, const std::stop_token& stop) {
  constexpr milliseconds slice{20};
  pollfd wanted{fd, POLLOUT, 0};
  while (!stop.stop_requested() && clock::now() < until) {
    if (::poll(&wanted, 1, static_cast<int>(slice.count())) <= 0)
      continue;
    int error = 0;
    socklen_t size = sizeof error;
    return meaning_of(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno);
  }
  return reach::silent;
}

reach connect(const addrinfo& to, milliseconds patience, const std::stop_token& stop) {
  auto until = clock::now() + patience;
  socket_guard socket{::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.fd() < 0)
    return reach::silent;
  if (::connect(socket.fd(), to.ai_addr, to.ai_addrlen) == 0)
    return reach::open;
  return errno == EINPROGRESS ? await(socket.fd(), until, stop) : meaning_of(errno);
}

std::string in_digits(const addrinfo& address) {
  char host[NI_MAXHOST] = {};
  auto failed = ::getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0;
  return failed ? std::string{} : std::string{host};
}

} // namespace

probe_answer probe(const link_address& where, milliseconds patience, const std::stop_token& stop) {
  auto found = look_up(where);
  std::vector<const addrinfo*> all;
  for (const auto* one = found.get(); one; one = one->ai_next)
    all.push_back(one);
  auto is_refused = !all.empty();
  for (const auto* one : all) {
    auto how = connect(*one, patience / static_cast<int>(all.size()), stop);
    if (how == reach::open)
      return {how, in_digits(*one)};
    is_refused = is_refused && how == reach::refused;
  }
  return {is_refused ? reach::refused : reach::silent};
}

} // namespace usher::cluster
