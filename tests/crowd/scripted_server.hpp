#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

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
  /// Knows no session that a client comes back with, as a node does that it was never connected to.
  bool forgets_sessions = false;
  /// After its answer to the first frame of this type, each buyer is asked to go elsewhere, and closed with 4200 after
  /// the answer to the frame after that.
  std::string sends_away_after;
  /// The connection breaks instead, and the answer to that frame is lost.
  bool breaks_off = false;
  /// Says that whoever comes back has another place.
  bool mistakes_places = false;
  /// Says that whoever comes back holds nothing, and owns nothing.
  bool forgets_what_is_whose = false;
  /// How the line stands, as whoever joins is told.
  std::string state_of_line = "waiting";

  [[nodiscard]] std::size_t sold() const;
  [[nodiscard]] std::size_t held() const;
  [[nodiscard]] std::size_t orders() const;

private:
  class network;
  friend class network;

  /// Whether this is the frame after which this buyer is sent away.
  bool is_sent_away(const std::string& type, const std::string& buyer);
  boost::json::object hello(const boost::json::object& frame, std::string& buyer);
  boost::json::object own(const std::string& buyer) const;
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
  std::map<std::string, boost::json::object> orders_of_; ///< by buyer
  std::set<std::string> sent_away_;
  std::size_t names_ = 0;
  std::unique_ptr<network> network_;
};

} // namespace usher::tests
