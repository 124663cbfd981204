#pragma once

#include "crowd/trust.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>
#include <utility>

namespace usher::crowd {

/// A client's connection, in plain text or over TLS: which of them is said when it is made. `Lower` is the TCP stream
/// below. Beast's HTTP and WebSocket read from it and write to it as if it were one.
template <class Lower>
class client_stream {
public:
  using next_layer_type = Lower;
  using executor_type = typename Lower::executor_type;

  explicit client_stream(boost::asio::io_context& context) : lower_(context) {}

  executor_type get_executor() noexcept { return lower_.get_executor(); }
  next_layer_type& next_layer() noexcept { return lower_; }
  const next_layer_type& next_layer() const noexcept { return lower_; }

  /// Follows the connecting of `next_layer()`. With `whom` it agrees on TLS with the server called `name`, and nothing
  /// is sent to any other; without, text is plain. Then calls `done(error)`.
  template <class Done>
  void secure(trust* whom, const std::string& name, Done done) {
    why_.clear();
    tls_.reset();
    if (whom == nullptr)
      return done(boost::system::error_code{});
    tls_ = std::make_unique<boost::beast::flat_stream<session_type>>(lower_, whom->context());
    expect_server(session().native_handle(), name);
    session().async_handshake(boost::asio::ssl::stream_base::client,
                              [this, done = std::move(done)](boost::system::error_code error) mutable {
                                if (error)
                                  why_ = why_insecure(session().native_handle(), error);
                                done(error);
                              });
  }

  /// What `error`, the last one of this connection, means to people.
  [[nodiscard]] std::string why(const boost::system::error_code& error) const {
    return why_.empty() ? error.message() : why_;
  }

  template <class Buffers, class Done>
  void async_read_some(const Buffers& buffers, Done&& done) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Done>(done));
    else
      lower_.async_read_some(buffers, std::forward<Done>(done));
  }

  template <class Buffers, class Done>
  void async_write_some(const Buffers& buffers, Done&& done) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Done>(done));
    else
      lower_.async_write_some(buffers, std::forward<Done>(done));
  }

private:
  using session_type = boost::asio::ssl::stream<Lower&>;

  session_type& session() { return tls_->next_layer(); }

  Lower lower_;
  /// Made flat, as TLS would make a record of each of the buffers that are written together.
  std::unique_ptr<boost::beast::flat_stream<session_type>> tls_;
  std::string why_; ///< the handshake failed, if it did
};

/// Ends a connection after WebSocket's goodbye, to which TLS has nothing to add.
template <class Lower, class Done>
void async_teardown(boost::beast::role_type role, client_stream<Lower>& stream, Done&& done) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.next_layer(), std::forward<Done>(done));
}

} // namespace usher::crowd
