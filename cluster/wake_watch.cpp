#include "cluster/wake_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace usher::cluster {

wake_watch::wake_watch(std::shared_ptr<serving_right> right, std::function<tick()> now,
                       std::chrono::milliseconds pause) {
  right->note_time(now());
  thread_ = std::jthread{[right = std::move(right), now = std::move(now), pause](const std::stop_token& stop) {
    std::mutex own;
    std::condition_variable_any stopped;
    std::unique_lock lock{own};
    while (!stop.stop_requested()) {
      right->note_time(now());
      stopped.wait_for(lock, stop, pause, [] { return false; });
    }
  }};
}

} // namespace usher::cluster
