#include "persistence/postgres/socket_watch.hpp"

#include <sys/socket.h>

namespace usher::persistence::postgres {
namespace {

constexpr std::chrono::milliseconds precision{250};

} // namespace

socket_watch::socket_watch() : thread_([this] { run(); }) {}

socket_watch::~socket_watch() {
  {
    std::lock_guard lock{guard_};
    end_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void socket_watch::start(int socket, std::chrono::milliseconds limit) {
  std::lock_guard lock{guard_};
  socket_ = socket;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void socket_watch::stop() {
  std::lock_guard lock{guard_};
  socket_ = -1;
}

void socket_watch::run() {
  std::unique_lock lock{guard_};
  while (!ended_.wait_for(lock, precision, [this] { return end_; })) {
    if (socket_ < 0 || std::chrono::steady_clock::now() < deadline_)
      continue;
    ::shutdown(socket_, SHUT_RDWR); // whoever waits on it gets an error now
    socket_ = -1;
  }
}

} // namespace usher::persistence::postgres
