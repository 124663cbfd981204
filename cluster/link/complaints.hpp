#pragma once

#include "cluster/member.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

namespace usher::cluster {

/// Lets one line a while through, so that strangers cannot fill the log. May be used on any thread.
class complaints {
public:
  explicit complaints(std::chrono::milliseconds pause) : pause_(pause) {}

  /// The line to be written, with a word about those that were left out; nothing if this one is left out.
  [[nodiscard]] std::optional<std::string> let_through(const std::string& line, tick now);

private:
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::optional<tick> last_;
  std::size_t left_out_ = 0;
};

} // namespace usher::cluster
