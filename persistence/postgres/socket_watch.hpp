#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace usher::persistence::postgres {

/// Bounds how long a thread waits on a socket: shuts the socket down when time is up.
///
/// A stopped or cut-off server answers nothing, not even an error, and the client library waits for ever. Starting and
/// stopping the watch wakes no thread, so it costs nothing per statement; the limit is kept to within a quarter of a
/// second.
class socket_watch {
public:
  socket_watch();
  ~socket_watch();
  socket_watch(const socket_watch&) = delete;
  socket_watch& operator=(const socket_watch&) = delete;

  void start(int socket, std::chrono::milliseconds limit);
  void stop();

private:
  void run();

  std::mutex guard_;
  std::condition_variable ended_;
  bool end_ = false;
  int socket_ = -1; ///< none if negative
  std::chrono::steady_clock::time_point deadline_;
  std::thread thread_; // last: it uses everything above
};

} // namespace usher::persistence::postgres
