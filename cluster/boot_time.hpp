#pragma once

#include "cluster/member.hpp"

namespace usher::cluster {

/// The time since the machine was started. Unlike the standard library's clocks, it counts the time for which the
/// machine slept, and nobody sets it.
[[nodiscard]] tick boot_time();

} // namespace usher::cluster
