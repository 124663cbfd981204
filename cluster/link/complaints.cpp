#include "cluster/link/complaints.hpp"

#include <utility>

namespace usher::cluster {

std::optional<std::string> complaints::let_through(const std::string& line, tick now) {
  std::lock_guard lock{mutex_};
  if (last_ && now - *last_ < pause_) {
    ++left_out_;
    return std::nullopt;
  }
  last_ = now;
  auto others = std::exchange(left_out_, 0);
  return others == 0 ? line : line + " (and " + std::to_string(others) + " lines like this since the last one)";
}

} // namespace usher::cluster
