#pragma once

#include "cluster/boot_time.hpp"
#include "cluster/serving_right.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace usher::cluster {

/// Notes the time for a serving right as long as the process is awake: at once, and then on a thread of its own, which
/// does nothing else.
class wake_watch {
public:
  explicit wake_watch(std::shared_ptr<serving_right> right, std::function<tick()> now = boot_time,
                      std::chrono::milliseconds pause = std::chrono::milliseconds{100});

private:
  std::jthread thread_; ///< ends with this object
};

} // namespace usher::cluster
