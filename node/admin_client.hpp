#pragma once

#include "node/endpoint.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace usher::crowd {
class trust;
}

namespace usher::node {

/// Nobody answered in time, or nobody who is trusted.
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

/// Longer than a node that is not told otherwise lets an operator wait before it says that it has no answer.
inline constexpr std::chrono::seconds answer_patience{90};

/// Speaks to a node over HTTP, one request and one connection at a time, with a time limit. Over `https://` it sends
/// nothing, least of all the key, before the server has shown a certificate that is trusted and for its name; and it
/// follows nobody to another address. Throws `unreachable` and `refused`.
class admin_client {
public:
  /// `url` is `http://HOST:PORT` or `https://HOST:PORT`; `authorities` is a PEM file with those that are trusted, empty
  /// for this machine's. Throws `std::invalid_argument` for anything else.
  admin_client(const std::string& url, std::string key, const std::string& authorities = {},
               std::chrono::seconds timeout = answer_patience);

  [[nodiscard]] boost::json::value get(const std::string& target) const;
  boost::json::value put(const std::string& target, const std::string& body) const;
  boost::json::value patch(const std::string& target, const boost::json::value& body) const;
  boost::json::value post(const std::string& target, const boost::json::value& body) const;

private:
  boost::json::value ask(const std::string& method, const std::string& target, const std::string& body) const;

  node_url to_;
  std::shared_ptr<crowd::trust> whom_; ///< none for plain HTTP
  std::string key_;
  std::chrono::seconds timeout_;
};

} // namespace usher::node
