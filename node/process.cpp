#include "node/process.hpp"

#include "log/log.hpp"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <sys/resource.h>

namespace usher::node {

void allow_many_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0)
      return;
  }
  log::of("node").warn("the limit of open files cannot be raised: {}", std::strerror(errno));
}

void use_batch_scheduling() {
  sched_param unused{};
  if (::sched_setscheduler(0, SCHED_BATCH, &unused) != 0)
    log::of("node").debug("this process keeps its scheduling policy: {}", std::strerror(errno));
}

} // namespace usher::node
