#include "node/work_desk.hpp"

#include <utility>

namespace usher::node {

work_desk::work_desk(std::size_t waiting_max)
    : waiting_max_(waiting_max), thread_([this](const std::stop_token& stop) { run(stop); }) {}

bool work_desk::add(piece what) {
  std::lock_guard lock{mutex_};
  if (stopped_ || waiting_.size() >= waiting_max_)
    return false;
  waiting_.push_back(std::move(what));
  added_.notify_one();
  return true;
}

void work_desk::stop() {
  std::deque<piece> waiting;
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    waiting.swap(waiting_);
  }
  for (auto& each : waiting)
    each.drop();
  thread_.request_stop();
  if (thread_.joinable())
    thread_.join();
}

void work_desk::run(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock{mutex_};
    if (!added_.wait(lock, stop, [this] { return !waiting_.empty(); }))
      return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.work();
  }
}

} // namespace usher::node
