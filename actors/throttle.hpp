#pragma once

#include <caf/actor_clock.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace usher::actors {

/// Has an actor tell something often enough, but not all the time. `Self` is the actor's `pointer_view`.
template <class Self>
class throttle {
public:
  /// `tell` is called at most once in each interval `between`.
  throttle(Self self, std::chrono::milliseconds between, std::function<void()> tell)
      : self_(self), between_(between), tell_(std::move(tell)) {}

  /// Tells now, or as soon as the interval since the last time is over.
  void soon() {
    if (timer_set_)
      return;
    auto wait = last_told_ + between_ - self_->clock().now();
    if (wait.count() <= 0)
      return now();
    timer_set_ = true;
    self_.internal_ptr()->run_delayed(wait, [this] {
      timer_set_ = false;
      now();
    });
  }

private:
  void now() {
    last_told_ = self_->clock().now();
    tell_();
  }

  Self self_;
  std::chrono::milliseconds between_;
  std::function<void()> tell_;
  caf::actor_clock::time_point last_told_;
  bool timer_set_ = false;
};

} // namespace usher::actors
