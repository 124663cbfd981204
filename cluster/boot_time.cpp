#include "cluster/boot_time.hpp"

#include "domain/ensure.hpp"

#include <ctime>

namespace usher::cluster {

tick boot_time() {
  std::timespec now{};
  domain::ensure(::clock_gettime(CLOCK_BOOTTIME, &now) == 0, "the machine says how long it has run");
  return tick{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

} // namespace usher::cluster
