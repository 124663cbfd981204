#include "bench/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace usher::bench {

descriptor::descriptor(int opened, const char* what) : number_(opened) {
  if (number_ < 0)
    throw std::system_error(errno, std::generic_category(), what);
}

descriptor::~descriptor() {
  ::close(number_);
}

bool await_input(std::initializer_list<const descriptor*> any, std::chrono::steady_clock::time_point until) {
  std::vector<pollfd> waiting;
  for (const auto* each : any)
    waiting.push_back({each->number(), POLLIN, 0});
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    auto patience = std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(1)));
    auto found = ::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count()));
    if (found >= 0)
      return found > 0;
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for a descriptor");
  }
}

} // namespace usher::bench
