#include "gateway/http/http_session.hpp"

#include "gateway/gateway_metrics.hpp"
#include "gateway/http/exchange_log.hpp"
#include "gateway/http/incoming_body.hpp"
#include "gateway/http/key_guard.hpp"
#include "gateway/http/origins.hpp"
#include "gateway/http/request_head.hpp"
#include "gateway/options.hpp"
#include "gateway/proxy_protocol.hpp"
#include "gateway/proxy_warning.hpp"
#include "gateway/request_limits.hpp"
#include "gateway/strikes.hpp"
#include "gateway/thread/connection.hpp"
#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/outgoing_queue.hpp"
#include "gateway/thread/outgoing_room.hpp"
#include "gateway/ws/websocket_session.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace usher::gateway {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// How long a client for whom there is no room may take to say what it wants: it is in others' way.
constexpr std::chrono::seconds surplus_time{1};

/// Slower than this nobody need read an answer: a large one takes a while.
constexpr std::size_t slowest_bytes_per_s = 16 * 1024;

/// How long a client may go on sending after our last answer.
constexpr std::chrono::seconds linger_time{2};

/// How much of a body is read in one step. With a header it is all that a connection keeps unread, so a chunk's
/// extension or a trailer that does not end is an error and no way to fill the memory.
constexpr std::size_t body_step_bytes = 64 * 1024;

/// Why a request is refused for the sake of the memory of others.
constexpr const char* no_memory = "There is no memory for so large a request just now.";

/// Of a `Sec-WebSocket-Key`: 16 bytes in base64.
constexpr std::size_t websocket_key_size = 24;

/// The present second as RFC 9110, 5.6.7, writes it.
const std::string& date_now() {
  thread_local std::time_t second = -1;
  thread_local std::string text;
  if (auto now = std::time(nullptr); now != second) {
    second = now;
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(now));
  }
  return text;
}

/// One HTTP/1.1 connection: one request after another, each answered before the next is read.
class http_session final : public connection, public std::enable_shared_from_this<http_session> {
public:
  http_session(const http_services& services, tcp_socket socket, boost::asio::ip::address peer, http_port port,
               buyer_places::place place, bool surplus)
      : connection(services.connections), services_(services), socket_(std::move(socket)), peer_(std::move(peer)),
        port_(port), place_(std::move(place)), surplus_(surplus), incoming_(services.incoming),
        buffer_(incoming_, services.options.header_bytes_max + body_step_bytes) {
    services_.metrics.connections->inc();
  }

  ~http_session() override {
    forget_reply();
    services_.metrics.connections->dec();
  }

  /// The first request is read when a proxy has said whose connection it is; both within one time.
  void await_proxy(std::chrono::seconds patience) {
    wait_until(patience);
    read_proxy();
  }

  void await_request(std::chrono::seconds patience) {
    wait_until(patience);
    read_header();
  }

  void read_header() {
    busy_ = false;
    buffer_.shrink();
    parser_.emplace();
    parser_->get().body().count_in(incoming_);
    parser_->header_limit(static_cast<std::uint32_t>(services_.options.header_bytes_max));
    parser_->body_limit(port_ == http_port::buyers ? services_.options.body_bytes_max
                                                   : services_.options.plan_bytes_max);
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                              self->services_.connections.set_idle(*self, false);
                              if (!self->socket_.is_open())
                                return; // closed for the sake of another one just when a request came
                              if (error)
                                self->unreadable(error);
                              else
                                self->header_read();
                            });
  }

  void sweep(moment now) override {
    if (now < until_)
      return;
    if (auto exchange = asked_.lock())
      exchange->give_up();
    else
      abort();
  }

  void drain() override {
    draining_ = true;
    if (!busy_)
      abort();
  }

  void abort() override {
    beast::error_code ignored; // The socket is closed in any case.
    socket_.close(ignored);
    leave_place();
  }

  [[nodiscard]] std::size_t outgoing_bytes() const override { return charged_; }
  void give_way() override {
    write_off_reply(); // it is freed when the write has ended, which is soon
    abort();
  }

private:
  void read_proxy() {
    // Its bound is less than a connection always has.
    socket_.async_read_some(buffer_.prepare(proxy_header_bytes_max - buffer_.size()),
                            [self = shared_from_this()](const beast::error_code& error, std::size_t size) {
                              self->buffer_.commit(size);
                              if (error || !self->socket_.is_open())
                                self->abort();
                              else
                                self->proxy_read();
                            });
  }

  void proxy_read() {
    auto text = buffer_.data();
    auto read = read_proxy_header({static_cast<const char*>(text.data()), text.size()});
    if (std::holds_alternative<no_proxy_header>(read))
      return abort();
    const auto* header = std::get_if<proxy_header>(&read);
    if (!header)
      return read_proxy();
    buffer_.consume(header->size);
    if (header->source)
      come_from(*header->source);
    else
      is_unnamed_ = true;
    if (socket_.is_open())
      read_header();
  }

  /// From now on the connection is that client's, to whom the proxy has lent it for good.
  void come_from(const boost::asio::ip::address& source) {
    passed_on_ = true;
    // A client of another machine is not on this one.
    if (!source.is_loopback() || unmapped(peer_).is_loopback())
      peer_ = source;
    if (services_.proxies.contains(peer_) || services_.unlimited.contains(peer_))
      return;
    place_->belong_to(peer_);
    auto excess = services_.places.excess_of(*place_, place_limits());
    if (excess > buyer_places::surplus_max)
      return abort();
    if (excess <= 0)
      return;
    surplus_ = true;
    wait_until(surplus_time);
  }

  void header_read() {
    const auto& header = parser_->get();
    read_head();
    if (!names_one_host(header))
      return make_exchange(true)->refuse(domain::rejection::bad_request, "A request has exactly one Host.");
    if (!is_framed_plainly(header))
      return make_exchange(true)->refuse_plainly(501, "Not Implemented",
                                                 "The only Transfer-Encoding is chunked, in HTTP/1.1, without a "
                                                 "Content-Length.");
    // Nobody without the key may make us read a plan of 64 MiB.
    if (port_ == http_port::operators)
      if (auto refused = services_.keys.refusal_of(request_->path, request_->authorization, request_->from.address,
                                                   std::chrono::steady_clock::now()))
        return make_exchange(true)->refuse(*refused);
    // Whoever needs no key sends no body either.
    if (needs_no_body(request_->path) && !parser_->is_done())
      return make_exchange(true)->refuse(domain::rejection::payload_too_large, "A request for this has no body.");
    if (surplus_ && !is_probe(path_of(header)))
      return make_exchange(true)->refuse(domain::rejection::overloaded, "There is no room for another connection.");
    if (port_ == http_port::buyers && !owns_place() && !is_probe(path_of(header)))
      return make_exchange(true)->refuse(domain::rejection::overloaded, "There are too many connections of yours.");
    // Before the body and before the permission to send one: who asks too often shall cost no memory either.
    if (port_ == http_port::buyers && !is_probe(path_of(header)))
      if (auto refused = services_.limits.too_often(request_->from, announced_bytes()))
        return make_exchange(surplus_ || !keep_alive_ || !parser_->is_done())->refuse(*refused);
    // Probes are always answered, but not on one connection as fast as it goes.
    if (port_ == http_port::buyers && is_probe(path_of(header)) && services_.limits.too_often(request_->from, 0))
      keep_alive_ = false;
    if (port_ == http_port::buyers && path_of(header) == "/v1/ws" && beast::websocket::is_upgrade(header))
      return upgrade();
    // HTTP/1.0 has no such answer.
    if (header.version() >= 11 && beast::iequals(header[http::field::expect], "100-continue"))
      return say_continue();
    read_body();
  }

  /// Counts the connection as the client's who asks, if only now it is known who that is; false when they have too
  /// many. A proxy's connection is theirs only until the answer, or for as long as it is a WebSocket.
  bool owns_place() {
    auto& place = *place_;
    place.be_newcomers(false);
    const auto& from = request_->from;
    if (place.is_owned() || !services_.limits.is_limited(from) || services_.unlimited.contains(from.address))
      return true;
    place.belong_to(from.address);
    lent_ = true;
    return services_.places.excess_of(place, place_limits()) <= 0;
  }

  [[nodiscard]] bool needs_no_body(std::string_view path) const {
    return is_probe(path) || (port_ == http_port::operators && path == "/metrics");
  }

  /// How long the body is said to be; 0 if it comes in chunks.
  [[nodiscard]] std::size_t announced_bytes() const {
    return static_cast<std::size_t>(parser_->content_length_remaining().value_or(0));
  }

  [[nodiscard]] buyer_places::limits place_limits() const {
    return {services_.options.connections_per_address_max, services_.options.newcomers_per_address_max};
  }

  void leave_place() { place_.reset(); }

  void upgrade() {
    auto from = request_->from;
    const auto& header = parser_->get();
    if (buffer_.size() > 0 || parser_->chunked() || parser_->content_length_remaining().value_or(0) > 0)
      return make_exchange(true)->refuse(domain::rejection::bad_request,
                                         "Nothing may follow the request for a WebSocket before it is answered.");
    if (header.count(http::field::origin) > 0 && !origin_)
      return make_exchange(true)->refuse_plainly(403, "Forbidden",
                                                 "Pages of this Origin may not use this server; its operator can list "
                                                 "it as one of http.allowed-origins.");
    if (header[http::field::sec_websocket_version] != "13") {
      auto said = plain_problem(426, "Upgrade Required", "WebSockets are spoken here in version 13.");
      said.headers.emplace_back("Upgrade", "websocket");
      said.headers.emplace_back("Sec-WebSocket-Version", "13");
      return make_exchange(true)->reply(std::move(said));
    }
    if (header[http::field::sec_websocket_key].size() != websocket_key_size)
      return make_exchange(true)->refuse(domain::rejection::bad_request, "The Sec-WebSocket-Key is not 16 bytes.");
    http::token_list offered{header[http::field::sec_websocket_protocol]};
    if (!offered.exists(websocket_protocol))
      return make_exchange(true)->refuse(domain::rejection::bad_request,
                                         "The WebSocket's subprotocol must be usher.v1.");
    place_->be_newcomers(true); // until it says hello
    if (services_.places.excess_of(*place_, place_limits()) > 0)
      return make_exchange(true)->refuse(domain::rejection::overloaded, "There are too many connections of yours.");
    open_websocket(services_.websockets, std::move(socket_), *std::move(place_),
                   upgrade_request{std::move(parser_->get().base())}, std::move(from));
    leave_place(); // which is the WebSocket's now
  }

  void say_continue() {
    auto line = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
    http::async_write(socket_, *line, [self = shared_from_this(), line](const beast::error_code& error, std::size_t) {
      if (error)
        self->abort();
      else
        self->read_body();
    });
  }

  void read_body() {
    wait_until(services_.options.idle_timeout);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                       if (error)
                         self->unreadable(error);
                       else
                         self->serve();
                     });
  }

  void serve() {
    services_.metrics.http_requests->inc();
    auto exchange = make_exchange(surplus_ || !keep_alive_);
    wait_until(time_limit(services_.options, exchange->request().path));
    asked_ = exchange;
    // The length of a body in chunks is known only now; the request itself is paid for.
    const auto& request = exchange->request();
    if (port_ == http_port::buyers && parser_->chunked() && request.body.size() >= bytes_per_request)
      if (auto refused = services_.limits.too_often(request.from, request.body.size() - bytes_per_request))
        return exchange->refuse(*refused);
    if (port_ == http_port::operators && request.method != "GET" && request.path.starts_with("/admin/"))
      log_.note_change(request);
    if (origin_ && exchange->request().method == "OPTIONS")
      return exchange->reply(preflight_answer());
    dispatch(exchange, port_, services_.calls);
  }

  /// Takes what the request says of itself before its body comes: fields after the body are not to be taken for those
  /// before it (RFC 9110, 6.5.1).
  void read_head() {
    const auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    origin_.reset();
    if (auto origin = view(message[http::field::origin]);
        port_ == http_port::buyers && !origin.empty() && message.count(http::field::origin) == 1
        && may_use(origin, view(message[http::field::host]), services_.options.allowed_origins))
      origin_ = origin;
    head_ = message.method() == http::verb::head;
    request_ = read_request(message);
    request_->from = client();
  }

  /// Not an HTTP request, or one that is too large.
  void unreadable(const beast::error_code& error) {
    if (error == http::error::buffer_overflow && incoming_.was_refused())
      return make_exchange(true)->refuse(domain::rejection::overloaded, no_memory);
    if (error == http::error::body_limit)
      return make_exchange(true)->refuse(domain::rejection::payload_too_large);
    if (error == http::error::header_limit)
      return make_exchange(true)->refuse_plainly(431, "Request Header Fields Too Large", "The header is too large.");
    // The parser's errors are in this category, except those that mean that nothing more came.
    if (error.category() == make_error_code(http::error::bad_method).category() && error != http::error::end_of_stream
        && error != http::error::partial_message)
      return make_exchange(true)->refuse(domain::rejection::bad_request, "This is no HTTP request.");
    abort();
  }

  visitor client() const {
    const auto& header = parser_->get();
    auto peer = unmapped(peer_);
    // A proxy that does not say whose connection it is does not mind what the client writes into its headers either.
    if (is_unnamed_)
      return {peer};
    visitor result{client_address(peer, read_proxies(header), services_.proxies)};
    if (passed_on_ || !peer.is_loopback() || services_.proxies.contains(peer))
      return result;
    result.is_near = !is_forwarded(header);
    if (!result.is_near)
      services_.unlisted_proxy.give();
    return result;
  }

  exchange_ptr make_exchange(bool close_after) {
    busy_ = true;
    auto& message = parser_->get();
    if (!request_)
      read_head(); // of a request that broke off
    auto request = *std::exchange(request_, std::nullopt);
    request.body = std::move(message.body().text());
    auto exchange =
        std::make_shared<http_exchange>(services_.exchanges, std::move(request), buyer_,
                                        [self = shared_from_this(), close_after](std::optional<http_reply> said) {
                                          if (!said) {
                                            self->log_.unanswered();
                                            return self->abort();
                                          }
                                          said->close = said->close || close_after;
                                          self->write(std::move(*said));
                                        });
    log_.begin(exchange->trace(), view(message.method_string()), path_of(message));
    return exchange;
  }

  void write(http_reply said) {
    asked_.reset();
    parser_.reset(); // and with it the memory of the request
    log_.answered(said.status);
    if (said.status == static_cast<unsigned>(http::status::too_many_requests)
        && strikes_.count(1, services_.options.strikes_max, std::chrono::steady_clock::now()))
      said.close = true;
    services_.room.make_for(said.body.size());
    reply_ = std::move(said);
    charged_ = reply_.body.size();
    services_.outgoing.add(charged_);
    if (origin_)
      share_with(reply_, *origin_);
    const auto& text = reply_.shared_body ? *reply_.shared_body : reply_.body;
    close_after_ = reply_.close || draining_ || services_.draining;
    if (head_ || reply_.status == 204 || reply_.status == 304)
      return write_message(http::response<http::empty_body>{}, text.size());
    http::response<http::span_body<const char>> message;
    message.body() = {text.data(), text.size()};
    write_message(std::move(message), text.size());
  }

  template <class Message>
  void write_message(Message&& message, std::size_t length) {
    auto kept = std::make_shared<std::decay_t<Message>>(std::forward<Message>(message));
    kept->version(11);
    kept->result(reply_.status);
    kept->set(http::field::date, date_now());
    kept->set("Usher-Request-Id", log_.id());
    kept->set("X-Content-Type-Options", "nosniff");
    kept->set("Referrer-Policy", "no-referrer");
    kept->set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    kept->set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : reply_.headers)
      kept->set(name, value);
    if (reply_.status != 204 && reply_.status != 304) {
      kept->set(http::field::content_type, reply_.content_type);
      kept->content_length(length);
    }
    kept->keep_alive(!close_after_);
    wait_until(services_.options.idle_timeout + std::chrono::seconds{length / slowest_bytes_per_s});
    http::async_write(socket_, *kept, [self = shared_from_this(), kept](const beast::error_code& error, std::size_t) {
      self->written(error);
    });
  }

  /// Gives back the memory of the answer, which has been sent or never will be.
  void forget_reply() {
    write_off_reply();
    reply_ = {};
  }

  void write_off_reply() { services_.outgoing.remove(std::exchange(charged_, 0)); }

  void written(const beast::error_code& error) {
    forget_reply();
    if (error)
      return abort();
    if (std::exchange(lent_, false) && place_)
      place_->belong_to(std::nullopt);
    if (!close_after_ && !draining_) {
      await_request(services_.options.idle_timeout);
      return services_.connections.set_idle(*this, true);
    }
    beast::error_code ignored; // The client may have closed already.
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    linger();
  }

  /// Reads what the client still sends after the last answer: closing with bytes unread would reset the connection, and
  /// the answer would be lost.
  void linger() {
    busy_ = false;
    wait_until(linger_time);
    discard();
  }

  void discard() {
    buffer_.consume(buffer_.size());
    buffer_.shrink();
    socket_.async_read_some(buffer_.prepare(incoming_share::bytes_kept), // for which there always is room
                            [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                              if (error)
                                self->abort();
                              else
                                self->discard();
                            });
  }

  void wait_until(std::chrono::seconds patience) { until_ = std::chrono::steady_clock::now() + patience; }

  const http_services& services_;
  tcp_socket socket_;
  boost::asio::ip::address peer_;
  http_port port_;
  std::optional<buyer_places::place> place_; ///< until the connection ends, or a WebSocket has it
  bool lent_ = false;                        ///< the place counts as a client's who came through a proxy
  strikes strikes_;
  bool surplus_;
  bool passed_on_ = false;  ///< a proxy has said whose connection it is
  bool is_unnamed_ = false; ///< a proxy has said that it does not know
  incoming_share incoming_;
  incoming_buffer buffer_;
  std::optional<http::request_parser<incoming_body>> parser_;
  std::optional<http_request> request_; ///< whose body is still to come
  std::optional<std::string> origin_;   ///< of the page that asks, if it may use this port
  bool keep_alive_ = false;
  known_buyer buyer_;
  http_reply reply_;
  std::size_t charged_ = 0; ///< bytes of the reply that count as outgoing
  exchange_log log_;
  moment until_;
  std::weak_ptr<http_exchange> asked_; ///< what has no answer yet
  bool busy_ = false;                  ///< a request is being worked on
  bool head_ = false;
  bool close_after_ = false;
  bool draining_ = false;
};

} // namespace

void serve_http(const http_services& services, tcp_socket socket, http_port port, buyer_places::place place,
                reception how) {
  beast::error_code error;
  auto peer = socket.remote_endpoint(error);
  if (error)
    return; // gone already
  socket.set_option(boost::asio::ip::tcp::no_delay{true}, error);
  auto surplus = how == reception::turned_away
                 || (how == reception::served_if_another_goes && !services.connections.close_longest_idle());
  auto session =
      std::make_shared<http_session>(services, std::move(socket), peer.address(), port, std::move(place), surplus);
  auto patience = surplus ? surplus_time : services.options.header_timeout;
  if (port == http_port::buyers && services.options.proxy_protocol)
    session->await_proxy(patience);
  else
    session->await_request(patience);
}

} // namespace usher::gateway
