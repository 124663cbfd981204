#include "gateway/ws/websocket_session.hpp"

#include "codec/encode.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/options.hpp"
#include "gateway/thread/connection.hpp"
#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/incoming_budget.hpp"
#include "gateway/thread/outgoing_queue.hpp"
#include "gateway/thread/outgoing_room.hpp"
#include "gateway/ws/buyer_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace usher::gateway {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

/// How long a goodbye may take before the socket is simply closed.
constexpr std::chrono::seconds close_patience{10};
/// The same while the node is stopping: it waits for requests, not for clients that do not say goodbye.
constexpr std::chrono::seconds drain_patience{1};

/// Over how long clients of a node that stops alone are asked to spread their return.
constexpr domain::seconds reconnect_within{30};
/// A client that was told to leave sends nothing more by then; but what it had sent may be on its way here.
constexpr std::chrono::milliseconds leaving_grace{500};

/// Between two sweeps, which are a second apart.
constexpr std::uint32_t idle_frames_max = 100;

/// Room for a frame is made in steps of at least so many bytes.
constexpr std::size_t read_bytes_min = 512;

/// How much the system takes of what a client does not read. Much less than it would by itself: what waits in the
/// system's buffers counts for no budget.
constexpr int send_buffer_bytes = 64 * 1024;

/// A WebSocket: reads one frame after the other, and writes one at a time from a bounded queue. Deadlines are kept by
/// the thread's sweep, so no timer is armed for any frame.
class websocket_session final : public connection,
                                public frame_sink,
                                public std::enable_shared_from_this<websocket_session> {
public:
  websocket_session(const websocket_services& services, tcp_socket socket, buyer_places::place place, visitor from)
      : connection(services.connections), services_(services), place_(std::move(place)), stream_(std::move(socket)),
        session_(std::make_shared<buyer_session>(services.buyers, *this, std::move(from))),
        incoming_(services.incoming), buffer_(incoming_, services.options.frame_bytes_max + 1),
        queue_(services.outgoing) {
    services_.metrics.connections->inc();
  }

  ~websocket_session() override {
    session_->gone();
    services_.metrics.connections->dec();
  }

  void accept(const upgrade_request& request) {
    beast::error_code ignored; // Then the system keeps its own bound.
    beast::get_lowest_layer(stream_).set_option(boost::asio::socket_base::send_buffer_size{send_buffer_bytes}, ignored);
    // We check for frames that are too large ourselves, to close with the protocol's own code.
    stream_.read_message_max(0);
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& answer) {
      answer.set(beast::http::field::sec_websocket_protocol, websocket_protocol);
      answer.set("X-Content-Type-Options", "nosniff");
    }));
    stream_.control_callback([this](websocket::frame_type, beast::string_view) {
      heard_ = true;
      ++idle_frames_;
    });
    // While it is full of requests it neither reads nor writes, and nothing else would keep it.
    alive_ = shared_from_this();
    stream_.async_accept(request, [self = alive_](const beast::error_code& error) {
      if (error)
        return self->finish();
      self->open_ = true;
      if (self->draining_)
        return self->drain();
      self->read();
    });
  }

  // ---- what the session says ----

  void send(outgoing_frame frame) override {
    if (!closing_ && !ended_)
      services_.room.make_for(outgoing_budget::bytes_of(frame));
    if (closing_ || ended_)
      return;
    if (session_->greeted())
      place_.be_newcomers(false);
    queue_.push(std::move(frame));
    if (!writing_)
      write();
    else if (queue_.bytes_behind_next() > services_.options.outgoing_bytes_max
             || queue_.waiting() > services_.options.outgoing_frames_max)
      too_slow();
  }

  [[nodiscard]] bool has_room() const override { return queue_.bytes() <= services_.options.outgoing_bytes_max / 2; }

  void close(close_code code, std::string_view why) override {
    if (closing_)
      return;
    closing_ = true;
    close_until_ = std::chrono::steady_clock::now() + (draining_ ? drain_patience : close_patience);
    reason_.code = static_cast<std::uint16_t>(code);
    reason_.reason.assign(why.data(), why.size());
    if (code == close_code::too_slow)
      queue_.drop_waiting();
    if (!writing_)
      say_goodbye();
  }

  void request_answered() override {
    if (draining_ && session_->pending() == 0)
      close(close_code::draining, "draining");
    else
      read();
  }

  // ---- what the thread says ----

  void sweep(moment now) override {
    if (std::exchange(heard_, false))
      last_heard_ = now;
    if (std::exchange(idle_frames_, 0) > idle_frames_max)
      close(close_code::rate_limited, "too many frames that say nothing");
    const auto& configured = services_.options;
    if (closing_) {
      if (now >= close_until_)
        finish();
    } else if (now - last_heard_ >= configured.idle_timeout
               || (!open_ && now - last_heard_ >= configured.header_timeout)) {
      finish();
    } else if (reading_ && buffer_.size() > 0 && now - frame_began_ >= configured.idle_timeout) {
      finish(); // pings between the parts of a frame that never ends are no sign of life
    } else if (writing_ && now - write_began_ >= configured.write_timeout) {
      too_slow();
    } else if (open_ && !session_->greeted() && now - opened_ >= configured.header_timeout) {
      close(close_code::unauthorized, "no hello");
    } else if (session_->greeted() && session_->proven_until() <= services_.now()) {
      close(close_code::unauthorized, "the token has ended");
    } else if (session_->greeted() && now - last_beat_ >= configured.heartbeat) {
      last_beat_ = now;
      session_->send(codec::heartbeat_frame(services_.now()));
      if (now - last_heard_ >= configured.heartbeat / 2)
        ping();
    }
    if (!closing_)
      session_->sweep();
    if (!closing_ && !writing_)
      session_->drained();
  }

  [[nodiscard]] bool lasts() const override { return open_ && !closing_ && session_->greeted(); }

  void leave_by(moment at, moment now) override {
    leaves_at_ = at + leaving_grace;
    session_->send(codec::reconnect_frame(std::chrono::ceil<std::chrono::milliseconds>(at - now)));
  }

  void leave_if_due(moment now) override {
    if (leaves_at_ && *leaves_at_ <= now && !draining_)
      end_when_answered();
  }

  // A client that has been told goes all the same; one that has not closes nothing by itself.
  void stay() override { leaves_at_.reset(); }

  void drain() override {
    if (closing_)
      close_until_ = std::min(close_until_, std::chrono::steady_clock::now() + drain_patience);
    if (open_ && !closing_ && !leaves_at_)
      session_->send(codec::reconnect_frame(reconnect_within));
    end_when_answered();
  }

  void abort() override { finish(); }

  // Those who say goodbye have given up already what they can.
  [[nodiscard]] std::size_t outgoing_bytes() const override { return closing_ ? 0 : queue_.share_of_budget(); }
  void give_way() override {
    close(close_code::too_slow, "you read too slowly");
    queue_.write_off();
  }

private:
  void read() {
    if (reading_ || closing_ || draining_ || !session_->takes_more())
      return;
    auto room =
        std::min(buffer_.max_size() - buffer_.size(), std::max(read_bytes_min, buffer_.capacity() - buffer_.size()));
    auto space = buffer_.try_prepare(room);
    if (!space)
      return close(close_code::overloaded, "there is no memory for so large a frame just now");
    reading_ = true;
    stream_.async_read_some(*space, [self = shared_from_this()](const beast::error_code& error, std::size_t n) {
      if (error)
        return self->finish();
      if (n == 0)
        ++self->idle_frames_;
      if (self->buffer_.size() == 0)
        self->frame_began_ = std::chrono::steady_clock::now();
      self->buffer_.commit(n);
      self->received();
    });
  }

  void received() {
    heard_ = true;
    if (closing_)
      return;
    if (buffer_.size() > services_.options.frame_bytes_max)
      return close(close_code::frame_too_large, "the frame is too large");
    if (stream_.is_message_done()) {
      if (!stream_.got_text())
        return close(close_code::bad_frame, "a frame must be text");
      services_.metrics.frames_received->inc();
      auto text = buffer_.data();
      session_->receive({static_cast<const char*>(text.data()), text.size()});
      buffer_.consume(buffer_.size());
      buffer_.shrink();
    }
    // Not earlier: if a request is answered at once, the next one must not be read over its text.
    reading_ = false;
    read();
  }

  /// Reads nothing more, and closes when all that was asked is answered.
  void end_when_answered() {
    draining_ = true;
    if (open_ && !closing_ && session_->pending() == 0)
      close(close_code::draining, "draining");
  }

  void too_slow() {
    services_.metrics.slow_readers->inc();
    close(close_code::too_slow, "you read too slowly");
  }

  void write() {
    writing_ = true;
    write_began_ = std::chrono::steady_clock::now();
    services_.metrics.frames_sent->inc();
    const auto& frame = queue_.take_off();
    std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(frame.own)};
    if (frame.shared)
      parts[1] = boost::asio::buffer(frame.shared->text);
    stream_.async_write(
        parts, [self = shared_from_this()](const beast::error_code& error, std::size_t) { self->written(error); });
  }

  void written(const beast::error_code& error) {
    writing_ = false;
    queue_.landed();
    if (error)
      return finish();
    if (queue_.waiting() > 0)
      write();
    else if (closing_)
      say_goodbye();
    else
      session_->drained();
  }

  void say_goodbye() {
    if (!open_ || ended_)
      return finish();
    stream_.async_close(reason_, [self = shared_from_this()](const beast::error_code&) { self->finish(); });
  }

  void ping() {
    if (std::exchange(pinging_, true))
      return;
    stream_.async_ping({}, [self = shared_from_this()](const beast::error_code& error) {
      self->pinging_ = false;
      if (error)
        self->finish();
    });
  }

  /// The end, for whatever reason: closes the socket, so that everything under way ends.
  void finish() {
    if (std::exchange(ended_, true))
      return;
    closing_ = true;
    session_->gone();
    beast::error_code ignored; // The socket is given up in any case.
    beast::get_lowest_layer(stream_).close(ignored);
    boost::asio::post(stream_.get_executor(), [self = std::move(alive_)] {});
  }

  const websocket_services& services_;
  buyer_places::place place_;
  websocket::stream<tcp_socket, false> stream_; // frames are too short to be worth compressing
  std::shared_ptr<buyer_session> session_;
  std::shared_ptr<websocket_session> alive_; ///< itself, until `finish`
  incoming_share incoming_;
  incoming_buffer buffer_; ///< of one byte more than a frame may have

  outgoing_queue queue_;

  bool open_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool pinging_ = false;
  bool draining_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool heard_ = false;            ///< since the last sweep
  std::uint32_t idle_frames_ = 0; ///< since the last sweep: pings, pongs and empty fragments
  websocket::close_reason reason_;
  moment opened_ = std::chrono::steady_clock::now();
  moment last_heard_ = opened_;
  moment last_beat_ = opened_;
  moment write_began_;
  moment frame_began_; ///< when the frame that is being read began, if one is
  moment close_until_;
  std::optional<moment> leaves_at_; ///< when it is closed, if its client was told to leave
};

} // namespace

void open_websocket(const websocket_services& services, tcp_socket socket, buyer_places::place place,
                    const upgrade_request& request, visitor from) {
  std::make_shared<websocket_session>(services, std::move(socket), std::move(place), std::move(from))->accept(request);
}

} // namespace usher::gateway
