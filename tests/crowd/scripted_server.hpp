#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace boost::json {
class object;
}

namespace usher::tests {

/// Speaks the protocol, for one event with one section, from a few maps: enough to test clients.
class scripted_server {
public:
  explicit scripted_server(std::size_t seats);
  ~scripted_server();

  [[nodiscard]] std::uint16_t port() const;

  /// Answers a repeated hold with another hold, which no server may do.
  bool forgets_keys = false;
  /// Sends `queue.admitted`; otherwise everybody waits for ever.
  bool admits = true;
  /// How the line stands, as whoever joins is told.
  std::string state_of_line = "waiting";

  [[nodiscard]] std::size_t sold() const;
  [[nodiscard]] std::size_t held() const;
  [[nodiscard]] std::size_t orders() const;

private:
  class network;
  friend class network;

  /// The frames that answer one frame.
  std::vector<std::string> answer(const boost::json::object& frame, std::string& buyer);
  boost::json::object hold(const boost::json::object& frame, const std::string& buyer);
  boost::json::object order(const boost::json::object& frame, const std::string& buyer);
  std::string get(const std::string& target);

  struct kept_hold {
    std::string buyer;
    std::vector<std::size_t> seats;
  };

  mutable std::mutex mutex_; ///< every connection has a thread
  std::string status_;
  std::map<std::string, kept_hold> holds_;         ///< by name
  std::map<std::string, std::string> hold_of_key_; ///< by buyer and key
  std::map<std::string, std::string> order_of_key_;
  std::size_t names_ = 0;
  std::unique_ptr<network> network_;
};

} // namespace usher::tests
