#pragma once

#include <chrono>

namespace usher::gateway {

/// A moment for limits and deadlines inside one process; never goes back.
using moment = std::chrono::steady_clock::time_point;

} // namespace usher::gateway
