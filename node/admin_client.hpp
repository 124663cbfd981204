#pragma once

#include "crowd/address.hpp"
#include "crowd/http_client.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace usher::node {

using crowd::unreachable;

/// The node refused. The text is its reason.
class refused : public std::runtime_error {
public:
  refused(const std::string& sentence, int http_status, std::chrono::seconds retry_after = std::chrono::seconds{0});

  [[nodiscard]] int status() const noexcept { return status_; }
  /// True if the same request may be granted later: the node has too much to do, or its store is away.
  [[nodiscard]] bool for_now() const noexcept { return status_ == 429 || status_ == 503; }
  /// True if the request may have been carried out all the same: the node gave up waiting for what became of it.
  [[nodiscard]] bool may_have_happened() const noexcept { return status_ == 504; }
  /// How long the node asks to be left alone, at most an hour; 0 if it did not say.
  [[nodiscard]] std::chrono::seconds retry_after() const noexcept { return retry_after_; }

private:
  int status_;
  std::chrono::seconds retry_after_;
};

/// A problem document (RFC 9457) as one sentence: its title and its detail.
[[nodiscard]] std::string problem_sentence(const std::string& body, int http_status);

/// Longer than a node that is not told otherwise lets an operator wait before it says that it has no answer.
inline constexpr std::chrono::seconds answer_patience{90};

/// Asks a node for what operators may, in JSON, over `crowd::http_client`: each request on a connection of its own, so
/// that none is ever repeated. Throws `unreachable` and `refused`.
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

  crowd::address to_;
  std::string url_; ///< for people
  std::string key_;
  std::chrono::seconds timeout_;
};

} // namespace usher::node
