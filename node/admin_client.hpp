#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace usher::node {

/// Nobody answered in time.
class unreachable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The node refused. The text is its reason.
class refused : public std::runtime_error {
public:
  refused(const std::string& sentence, int http_status);

  [[nodiscard]] int status() const noexcept { return status_; }

private:
  int status_;
};

/// A problem document (RFC 9457) as one sentence: its title and its detail.
[[nodiscard]] std::string problem_sentence(const std::string& body, int http_status);

/// Speaks to a node over HTTP, one request and one connection at a time, with a time limit. Throws `unreachable` and
/// `refused`.
class admin_client {
public:
  /// `url` is `http://HOST:PORT`; throws `std::invalid_argument` for anything else.
  admin_client(const std::string& url, std::string key, std::chrono::seconds timeout = std::chrono::seconds{30});

  [[nodiscard]] boost::json::value get(const std::string& target) const;
  boost::json::value put(const std::string& target, const std::string& body) const;
  boost::json::value patch(const std::string& target, const boost::json::value& body) const;
  boost::json::value post(const std::string& target, const boost::json::value& body) const;

private:
  boost::json::value ask(const std::string& method, const std::string& target, const std::string& body) const;

  std::string host_;
  std::string port_;
  std::string key_;
  std::chrono::seconds timeout_;
};

} // namespace usher::node
