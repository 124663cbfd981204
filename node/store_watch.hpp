#pragma once

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

/// Checks every second, on a connection and a thread of its own, whether the store is there: for readiness.
class store_watch {
public:
  using opener = std::function<std::unique_ptr<persistence::booking_store>()>;

  explicit store_watch(opener open, std::chrono::milliseconds every = std::chrono::seconds{1});

  [[nodiscard]] bool reachable() const noexcept { return reachable_; }

private:
  void watch(const std::stop_token& stop);
  void look();

  opener open_;
  std::chrono::milliseconds every_;
  std::unique_ptr<persistence::booking_store> store_;
  std::atomic<bool> reachable_{true};
  std::mutex mutex_;
  std::condition_variable_any waiting_;
  std::jthread thread_; ///< last: it ends before what it uses
};

} // namespace usher::node
