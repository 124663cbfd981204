#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace usher::node {

/// The request that a node stop: because SIGTERM or SIGINT came, or for a reason of its own.
///
/// Takes over these signals as long as it lives. A second one ends the process at once.
class stop_request {
public:
  stop_request();
  ~stop_request();
  stop_request(const stop_request&) = delete;
  stop_request& operator=(const stop_request&) = delete;

  /// Something went wrong for good. The first reason counts. Called on any thread; does not block.
  void fail(std::string why);
  /// For work that goes on until then.
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  void wait();
  /// Waits so long, or until something goes wrong for good.
  void wait_for_failure(std::chrono::seconds most);
  /// The reason, if it was not a signal.
  [[nodiscard]] std::optional<std::string> failure() const;

private:
  void await_signal();

  std::stop_source source_;
  mutable std::mutex mutex_;
  std::condition_variable_any requested_;
  bool signalled_ = false; ///< used by the signals' thread only
  std::optional<std::string> failure_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_};
  std::thread thread_;
};

} // namespace usher::node
