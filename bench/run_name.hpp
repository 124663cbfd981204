#pragma once

#include <chrono>
#include <string>

namespace usher::bench {

/// A name that no earlier run on the same store had: the milliseconds since 1970.
[[nodiscard]] inline std::string run_name() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

} // namespace usher::bench
