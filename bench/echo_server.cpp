#include "bench/echo_server.hpp"

#include "log/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <string>

namespace usher::bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class echo_session : public std::enable_shared_from_this<echo_session> {
public:
  echo_session(tcp_socket socket, std::size_t answer_bytes) : stream_(std::move(socket)), answer_bytes_(answer_bytes) {}

  void start() {
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.async_accept([self = shared_from_this()](beast::error_code error) {
      if (!error)
        self->read();
    });
  }

private:
  // An error ends the session; the other end will know.
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error)
        self->write();
    });
  }

  void write() {
    answer_.assign(static_cast<const char*>(buffer_.cdata().data()), buffer_.size());
    answer_.resize(std::max(answer_.size(), answer_bytes_), ' ');
    buffer_.clear();
    stream_.async_write(asio::buffer(answer_), [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error)
        self->read();
    });
  }

  websocket::stream<tcp_socket, false> stream_;
  beast::flat_buffer buffer_;
  std::string answer_;
  std::size_t answer_bytes_;
};

} // namespace

class echo_server::listener {
public:
  using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

  listener(asio::io_context& context, std::uint16_t port, std::size_t answer_bytes)
      : acceptor_(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port)),
        answer_bytes_(answer_bytes) {
    accept();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp_socket socket) {
      if (error == asio::error::operation_aborted)
        return;
      if (error)
        log::of("bench").warn("cannot accept a connection: {}", error.message());
      else
        std::make_shared<echo_session>(std::move(socket), answer_bytes_)->start();
      accept();
    });
  }

  acceptor acceptor_;
  std::size_t answer_bytes_;
};

echo_server::echo_server(std::uint16_t port, std::size_t answer_bytes)
    : context_(std::make_unique<asio::io_context>(1)),
      listener_(std::make_unique<listener>(*context_, port, answer_bytes)) {}

echo_server::~echo_server() = default;

std::uint16_t echo_server::port() const {
  return listener_->port();
}

void echo_server::run() {
  context_->run();
}

void echo_server::stop() {
  context_->stop();
}

} // namespace usher::bench
