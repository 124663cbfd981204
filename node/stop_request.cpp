#include "node/stop_request.hpp"

#include "log/log.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace usher::node {

stop_request::stop_request() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  await_signal();
  thread_ = std::thread{[this] { context_.run(); }};
}

stop_request::~stop_request() {
  context_.stop();
  thread_.join();
}

void stop_request::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error)
      return;
    auto& log = log::of("node");
    if (std::exchange(signalled_, true)) {
      log.warn("signal {} once more: ending at once", signal);
      log.flush();
      std::_Exit(128 + signal);
    }
    log.info("signal {}: stopping", signal);
    std::lock_guard lock{mutex_};
    source_.request_stop();
    requested_.notify_all();
    await_signal();
  });
}

void stop_request::fail(std::string why) {
  std::lock_guard lock{mutex_};
  if (!failure_)
    failure_ = std::move(why);
  source_.request_stop();
  requested_.notify_all();
}

void stop_request::wait() {
  std::unique_lock lock{mutex_};
  requested_.wait(lock, [this] { return source_.stop_requested(); });
}

void stop_request::wait_for_failure(std::chrono::seconds most) {
  std::unique_lock lock{mutex_};
  requested_.wait_for(lock, most, [this] { return failure_.has_value(); });
}

std::optional<std::string> stop_request::failure() const {
  std::lock_guard lock{mutex_};
  return failure_;
}

} // namespace usher::node
