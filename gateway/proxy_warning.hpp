#pragma once

#include <atomic>

namespace usher::gateway {

/// Says once in the log that somebody forwards requests from this machine and is not listed as a trusted proxy.
/// Thread-safe.
class proxy_warning {
public:
  void give();

private:
  std::atomic<bool> given_ = false;
};

} // namespace usher::gateway
