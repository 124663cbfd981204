#pragma once

#include <chrono>

namespace usher::domain {

/// A moment in the store's time, in microseconds. The domain reads no clock:
/// whoever calls it brings the time.
using instant = std::chrono::sys_time<std::chrono::microseconds>;

using std::chrono::microseconds;
using std::chrono::seconds;

} // namespace usher::domain
