#include "bench/tcp_relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <future>
#include <utility>
#include <vector>

namespace usher::bench {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

namespace {

/// So much of one direction is read before the cut and kept; the rest waits in the sockets.
constexpr std::size_t carried_at_once = 16 << 10;

/// Whether bytes pass, and who waits until they do. Used on the relay's thread.
class way {
public:
  void when_open(std::function<void()> go) {
    if (is_open_)
      return go();
    waiting_.push_back(std::move(go));
  }

  void close() { is_open_ = false; }

  void open() {
    is_open_ = true;
    for (auto& go : std::exchange(waiting_, {}))
      go();
  }

private:
  bool is_open_ = true;
  std::vector<std::function<void()>> waiting_;
};

/// One connection, in both directions.
class carried : public std::enable_shared_from_this<carried> {
public:
  carried(tcp::socket from, way& over)
      : near_{std::move(from)}, far_{tcp::socket(near_.socket.get_executor())}, over_(over) {}

  void start(const tcp::endpoint& to) {
    far_.socket.async_connect(to, [self = shared_from_this()](error_code error) {
      if (error)
        return self->break_off();
      error_code ignored; // it would only be slower
      self->near_.socket.set_option(tcp::no_delay(true), ignored);
      self->far_.socket.set_option(tcp::no_delay(true), ignored);
      self->carry(self->near_, self->far_);
      self->carry(self->far_, self->near_);
    });
  }

private:
  struct end {
    tcp::socket socket;
    std::array<char, carried_at_once> bytes{};
  };

  void carry(end& from, end& to) {
    from.socket.async_read_some(asio::buffer(from.bytes),
                                [self = shared_from_this(), &from, &to](error_code error, std::size_t size) {
                                  self->over_.when_open([self, &from, &to, error, size] {
                                    if (error)
                                      self->finish(to, error);
                                    else
                                      self->hand_on(from, to, size);
                                  });
                                });
  }

  void hand_on(end& from, end& to, std::size_t size) {
    asio::async_write(to.socket, asio::buffer(from.bytes, size),
                      [self = shared_from_this(), &from, &to](error_code error, std::size_t) {
                        if (error)
                          return self->break_off();
                        self->carry(from, to);
                      });
  }

  /// Nothing more comes from the other end.
  void finish(end& to, error_code error) {
    error_code ignored; // it has ended already
    if (error == asio::error::eof && ++finished_ < 2)
      to.socket.shutdown(tcp::socket::shutdown_send, ignored);
    else
      break_off();
  }

  void break_off() {
    error_code ignored; // there is nothing left to lose
    near_.socket.close(ignored);
    far_.socket.close(ignored);
  }

  end near_;
  end far_;
  way& over_;
  int finished_ = 0;
};

} // namespace

class tcp_relay::traffic {
public:
  explicit traffic(const crowd::address& to)
      : to_(asio::ip::make_address(to.host), to.port),
        door_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
  }

  [[nodiscard]] std::uint16_t port() const { return door_.local_endpoint().port(); }

  void run() { context_.run(); }

  void stop() { context_.stop(); }

  /// Runs `what` on the relay's thread, and returns when it is done.
  void on_thread(void (way::*what)()) {
    std::promise<void> done;
    asio::post(context_, [this, what, &done] {
      (over_.*what)();
      done.set_value();
    });
    done.get_future().wait();
  }

private:
  void accept() {
    door_.async_accept([this](error_code error, tcp::socket socket) {
      if (!error)
        std::make_shared<carried>(std::move(socket), over_)->start(to_);
      accept();
    });
  }

  // Declared before the context, whose connections it outlives.
  way over_;
  asio::io_context context_{1};
  tcp::endpoint to_;
  tcp::acceptor door_;
};

tcp_relay::tcp_relay(crowd::address to)
    : traffic_(std::make_unique<traffic>(to)), port_(traffic_->port()), thread_([this] { traffic_->run(); }) {}

tcp_relay::~tcp_relay() {
  traffic_->stop();
  thread_.join();
}

void tcp_relay::cut() {
  traffic_->on_thread(&way::close);
}

void tcp_relay::mend() {
  traffic_->on_thread(&way::open);
}

} // namespace usher::bench
