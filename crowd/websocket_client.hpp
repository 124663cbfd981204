#pragma once

#include "crowd/address.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace usher::crowd {

/// Hears what happens to a connection, on the thread that runs its context.
class websocket_listener {
public:
  virtual void on_open() = 0;
  /// The view is valid until this returns.
  virtual void on_frame(std::string_view text) = 0;
  /// The connection has ended, or was never made: `code` is what the server closed it with, 0 if it did not say.
  virtual void on_closed(std::uint16_t code, const std::string& why) = 0;

protected:
  ~websocket_listener() = default;
};

/// One WebSocket connection of a buyer. Thousands share one context and its one thread. The listener must live as long
/// as this object and hears nothing afterwards; both may be destroyed inside one of its calls.
class websocket_client {
public:
  websocket_client(boost::asio::io_context& context, websocket_listener& listener);
  /// Drops the connection.
  ~websocket_client();
  websocket_client(const websocket_client&) = delete;
  websocket_client& operator=(const websocket_client&) = delete;

  /// Connects to `GET /v1/ws`. `source` is the local address to come from, empty for any: one address has 28,000
  /// ports for connections to the same server.
  void open(const address& to, std::string_view source = {});

  /// Sends one frame, after those before it; at most 64 may wait.
  void send(std::string text);

  /// Says goodbye; `on_closed` follows.
  void close();

  /// Breaks off the connection as soon as the last frame has left, as a lost network would. Then `dropped` is called,
  /// not `on_closed`, and nothing more is read.
  void drop_after_sending(std::function<void()> dropped);

private:
  class connection;
  std::shared_ptr<connection> connection_;
};

/// Lets in at most a given number at once; the others wait in order. Keeps thousands of connections from knocking at a
/// server's door at the same moment.
class turnstile {
public:
  explicit turnstile(std::size_t at_once) : places_(at_once) {}

  /// Calls `go` now or later; `leave` must follow it.
  void enter(std::function<void()> go);
  void leave();

private:
  std::size_t places_;
  std::deque<std::function<void()>> waiting_;
};

} // namespace usher::crowd
