#pragma once

#include "crowd/address.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

/// The one HTTP client, of the simulated buyers and of the commands for operators (`node/admin_client`). What is
/// measured goes over WebSocket.
namespace usher::crowd {

/// Nobody answers in time, or not in HTTP, or nobody who is trusted.
class unreachable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct http_request {
  std::string method = "GET";
  std::string target = {};
  std::string body = {}; ///< JSON; empty for none
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct http_answer {
  unsigned status = 0;          ///< 0: there was none
  std::string body;             ///< if there was none, why
  std::string location = {};    ///< the header of that name; empty if there is none
  std::string retry_after = {}; ///< likewise
};

/// One connection that is kept open, for one call after another, and reopened if the server has closed it. Over TLS it
/// sends nothing before the server has shown a certificate that is trusted and for its name; and it follows nobody to
/// another address. If the address has a name instead of a number, whoever calls waits for it to be looked up.
class http_connection {
public:
  using completion = std::function<void(const http_answer&)>;

  /// Connecting may take `timeout`, and so may sending and the answer together.
  http_connection(boost::asio::io_context& context, address to, std::chrono::milliseconds timeout);
  /// Calls that are still open are never completed.
  ~http_connection();

  /// At most 10,000 may wait.
  void call(http_request request, completion done);

private:
  class session;
  std::shared_ptr<session> session_;
};

/// The same for callers that wait.
class http_client {
public:
  explicit http_client(address to, std::chrono::milliseconds timeout = std::chrono::seconds(30));
  ~http_client();

  /// Throws `unreachable`.
  http_answer call(http_request request);

private:
  address to_;
  std::unique_ptr<boost::asio::io_context> context_;
  http_connection connection_;
};

} // namespace usher::crowd
