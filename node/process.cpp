#include "node/process.hpp"

#include "log/log.hpp"

#include <cerrno>
#include <cstring>
#include <limits>
#include <sched.h>
#include <sys/resource.h>

namespace usher::node {

std::size_t allow_many_open_files() {
  constexpr auto unknown = std::numeric_limits<std::size_t>::max();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return unknown;
  auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log::of("node").warn("the limit of open files cannot be raised: {}", std::strerror(errno));
    limit.rlim_cur = before;
  }
  return limit.rlim_cur == RLIM_INFINITY ? unknown : limit.rlim_cur;
}

void use_batch_scheduling() {
  sched_param unused{};
  if (::sched_setscheduler(0, SCHED_BATCH, &unused) != 0)
    log::of("node").debug("this process keeps its scheduling policy: {}", std::strerror(errno));
}

} // namespace usher::node
