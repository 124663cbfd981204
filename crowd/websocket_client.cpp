#include "crowd/websocket_client.hpp"

#include "crowd/client_stream.hpp"
#include "domain/ensure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>

namespace usher::crowd {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

// The concrete executor spares an indirect call at every step.
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

constexpr std::size_t unsent_frames_max = 64;
constexpr std::size_t largest_frame = 4 << 20;

} // namespace

class websocket_client::connection : public std::enable_shared_from_this<connection> {
public:
  connection(asio::io_context& context, websocket_listener& listener) : stream_(context), listener_(&listener) {}

  void open(const address& to, std::string_view source) {
    to_ = to;
    auto where = asio::ip::make_address(to.host);
    auto& socket = tcp();
    socket.open(where.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4());
    socket.set_option(asio::ip::tcp::no_delay(true));
    if (!source.empty())
      socket.bind({asio::ip::make_address(source), 0});
    socket.async_connect({where, to.port},
                         [self = shared_from_this()](beast::error_code error) { self->connected(error); });
  }

  void send(std::string text) {
    domain::ensure(outgoing_.size() < unsent_frames_max, "a client does not send more than its connection can take");
    outgoing_.push_back(std::move(text));
    if (outgoing_.size() == 1)
      write();
  }

  void close() {
    stream_.async_close(websocket::close_code::normal, [self = shared_from_this()](beast::error_code) {
      // The pending read ends with the same news and tells the listener.
    });
  }

  void drop_after_sending(std::function<void()> dropped) {
    dropped_ = std::move(dropped);
    if (outgoing_.empty())
      drop_now();
  }

  /// The owner is gone.
  void abandon() {
    listener_ = nullptr;
    dropped_ = nullptr;
    break_off();
  }

private:
  tcp_socket& tcp() { return stream_.next_layer().next_layer(); }

  void connected(beast::error_code error) {
    if (error)
      return over(error);
    stream_.next_layer().secure(to_.whom.get(), to_.called(),
                                [self = shared_from_this()](beast::error_code failed) { self->secured(failed); });
  }

  void secured(beast::error_code error) {
    if (error)
      return over(error);
    stream_.set_option(
        websocket::stream_base::timeout{std::chrono::seconds(30), websocket::stream_base::none(), false});
    stream_.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set(beast::http::field::sec_websocket_protocol, "usher.v1"); }));
    stream_.read_message_max(largest_frame);
    stream_.auto_fragment(false);
    // Masks protect proxies from hostile web pages; a load generator is not one.
    stream_.secure_prng(false);
    stream_.text(true);
    stream_.async_handshake(to_string(to_), "/v1/ws", [self = shared_from_this()](beast::error_code failed) {
      if (failed)
        return self->over(failed);
      self->read();
      if (self->listener_ != nullptr)
        self->listener_->on_open();
    });
  }

  void read() {
    stream_.async_read(incoming_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error)
        return self->over(error);
      if (self->listener_ == nullptr || self->dropped_)
        return;
      auto text = self->incoming_.cdata();
      self->listener_->on_frame({static_cast<const char*>(text.data()), text.size()});
      self->incoming_.clear();
      if (self->listener_ != nullptr)
        self->read();
    });
  }

  void write() {
    stream_.async_write(asio::buffer(outgoing_.front()),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error)
                            return self->over(error);
                          self->outgoing_.pop_front();
                          if (!self->outgoing_.empty())
                            return self->write();
                          if (self->dropped_)
                            self->drop_now();
                        });
  }

  void break_off() {
    beast::error_code ignored; // there is nothing left to lose
    tcp().close(ignored);
  }

  void drop_now() {
    listener_ = nullptr;
    break_off();
    std::exchange(dropped_, nullptr)();
  }

  void over(beast::error_code error) {
    if (dropped_)
      return drop_now();
    auto* listener = std::exchange(listener_, nullptr);
    auto code = static_cast<std::uint16_t>(stream_.reason().code);
    auto said = std::string(stream_.reason().reason.data(), stream_.reason().reason.size());
    break_off();
    if (listener != nullptr)
      listener->on_closed(code, said.empty() ? stream_.next_layer().why(error) : said);
  }

  websocket::stream<client_stream<tcp_socket>, false> stream_;
  websocket_listener* listener_;
  address to_;
  beast::flat_buffer incoming_;
  std::deque<std::string> outgoing_;
  std::function<void()> dropped_;
};

websocket_client::websocket_client(asio::io_context& context, websocket_listener& listener)
    : connection_(std::make_shared<connection>(context, listener)) {}

websocket_client::~websocket_client() {
  connection_->abandon();
}

void websocket_client::open(const address& to, std::string_view source) {
  connection_->open(to, source);
}

void websocket_client::send(std::string text) {
  connection_->send(std::move(text));
}

void websocket_client::close() {
  connection_->close();
}

void websocket_client::drop_after_sending(std::function<void()> dropped) {
  connection_->drop_after_sending(std::move(dropped));
}

void turnstile::enter(std::function<void()> go) {
  if (places_ == 0) {
    waiting_.push_back(std::move(go));
    return;
  }
  --places_;
  go();
}

void turnstile::leave() {
  if (waiting_.empty()) {
    ++places_;
    return;
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  next();
}

} // namespace usher::crowd
