#include "bench/ready_socket.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>

namespace usher::bench {

namespace {

constexpr std::size_t name_begin = offsetof(sockaddr_un, sun_path);

/// Binds to an abstract name that the system chooses; it is not a file and goes away with the socket.
std::string bind_anywhere(int socket) {
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  socklen_t size = sizeof own.sun_family;
  if (::bind(socket, address, size) != 0 || ::getsockname(socket, address, &(size = sizeof own)) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot name the socket for a child's notices");
  // The name begins with a zero byte, which is written `@`.
  return "@" + std::string(own.sun_path + 1, size - name_begin - 1);
}

} // namespace

ready_socket::ready_socket()
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "cannot make a socket for a child's notices"),
      variable_("NOTIFY_SOCKET=" + bind_anywhere(socket_.number())) {}

bool ready_socket::heard_ready() const {
  std::array<char, 4096> notice{};
  auto size = ::recv(socket_.number(), notice.data(), notice.size(), MSG_DONTWAIT);
  return size > 0
         && std::string_view(notice.data(), static_cast<std::size_t>(size)).find("READY=1") != std::string_view::npos;
}

} // namespace usher::bench
