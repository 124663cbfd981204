#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace usher::node {

/// Does work that may block for long, one piece after another, on a thread of its own, so that nobody else waits for
/// it.
class work_desk {
public:
  struct piece {
    std::function<void()> work; ///< on the desk's thread
    std::function<void()> drop; ///< instead, when the desk stops first
  };

  /// More than `waiting_max` pieces do not wait.
  explicit work_desk(std::size_t waiting_max = 16);

  /// False when too many pieces wait already, or after `stop`: then neither is called.
  [[nodiscard]] bool add(piece what);
  /// Finishes the piece that is under way, and drops those that wait.
  void stop();

private:
  void run(const std::stop_token& stop);

  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable_any added_;
  std::deque<piece> waiting_;
  bool stopped_ = false;
  std::jthread thread_; ///< last: it ends before what it uses
};

} // namespace usher::node
