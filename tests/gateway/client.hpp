#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Clients over real sockets. Every wait has a deadline, and throws when it passes.
namespace usher::tests {

using headers = std::vector<std::pair<std::string, std::string>>;

struct http_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string text;

  [[nodiscard]] boost::json::value json() const;
  /// The last part of a problem's type.
  [[nodiscard]] std::string slug() const;
};

/// One keep-alive connection.
class http_client {
public:
  explicit http_client(std::uint16_t port);
  ~http_client();

  http_answer call(const std::string& method, const std::string& target, const std::string& body = {},
                   const headers& extra = {});
  /// Sends bytes as they are, and reads nothing.
  void send(const std::string& bytes);
  /// Sends bytes as they are, and reads everything until the server closes.
  std::string raw(const std::string& bytes);
  /// Whether there is something to read.
  [[nodiscard]] bool has_answer();
  /// Sends bytes as they are, and reads one answer's first line and headers.
  std::string head(const std::string& bytes);

private:
  struct inside;
  std::unique_ptr<inside> in_;
};

class websocket_client {
public:
  /// Connects and upgrades. Throws if refused.
  explicit websocket_client(std::uint16_t port, const std::string& protocol = "usher.v1", const headers& extra = {});
  ~websocket_client();

  void send(const std::string& text);
  /// Sends the first part of a frame of which no more follows.
  void send_part(const std::string& text);
  void send_binary(const std::string& bytes);
  /// Sends a WebSocket ping, and awaits no pong.
  void ping();
  /// The next frame.
  boost::json::object next();
  /// The next frame of this type; others are skipped.
  boost::json::object next(const std::string& type);
  /// Sends, and waits for the answer to `id`.
  boost::json::object ask(const std::string& text, const std::string& id);
  /// Says hello, and returns `welcome`.
  boost::json::object hello(const std::string& more = {});
  /// Reads until the server closes, and returns the close code; nothing if it closed without one.
  std::optional<unsigned> close_code();
  /// Closes the socket without a word.
  void vanish();

private:
  struct inside;
  std::unique_ptr<inside> in_;
};

} // namespace usher::tests
