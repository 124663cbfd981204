#pragma once

#include "actors/store_clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace usher::persistence {
class booking_store;
}

namespace usher::node {

/// Asks the store every second, on a connection and a thread of its own, for its time: whether it answers is for
/// readiness, and what it answers for whoever keeps this node's clock.
class store_watch {
public:
  using opener = std::function<std::unique_ptr<persistence::booking_store>()>;
  /// Called on the watch's thread.
  using listener = std::function<void(const actors::clock_reading&)>;

  store_watch(opener open, const caf::actor_clock& clock, listener told,
              std::chrono::milliseconds every = std::chrono::seconds{1});

  [[nodiscard]] bool reachable() const noexcept { return reachable_; }

private:
  void watch(const std::stop_token& stop);
  void look();

  opener open_;
  const caf::actor_clock& clock_;
  listener told_;
  std::chrono::milliseconds every_;
  std::unique_ptr<persistence::booking_store> store_;
  std::atomic<bool> reachable_{true};
  std::mutex mutex_;
  std::condition_variable_any waiting_;
  std::jthread thread_; ///< last: it ends before what it uses
};

} // namespace usher::node
