#include "crowd/http_client.hpp"

#include "crowd/client_stream.hpp"
#include "domain/ensure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>

#include <deque>
#include <optional>

namespace usher::crowd {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

constexpr std::size_t waiting_max = 10'000;
constexpr std::uint64_t largest_answer = 256 << 20;

} // namespace

class http_connection::session : public std::enable_shared_from_this<session> {
public:
  session(asio::io_context& context, address to, std::chrono::milliseconds timeout)
      : to_(std::move(to)), timeout_(timeout), stream_(context) {}

  void add(http_request request, completion done) {
    domain::ensure(waiting_.size() < waiting_max, "an HTTP connection is not asked more than it can take");
    waiting_.push_back({std::move(request), std::move(done)});
    if (waiting_.size() == 1)
      start();
  }

  void abandon() {
    waiting_.clear();
    tcp().close();
  }

private:
  struct waiting_call {
    http_request request;
    completion done;
  };

  beast::tcp_stream& tcp() { return stream_.next_layer(); }

  void start() {
    const auto& request = waiting_.front().request;
    message_ = {};
    message_.version(11);
    message_.method_string(request.method);
    message_.target(request.target);
    message_.set(http::field::host, to_string(to_));
    for (const auto& [name, value] : request.headers)
      message_.set(name, value);
    if (!request.body.empty()) {
      message_.set(http::field::content_type, "application/json");
      message_.body() = request.body;
    }
    message_.prepare_payload();
    reused_ = tcp().socket().is_open();
    reused_ ? write() : connect();
  }

  void connect() {
    reused_ = false;
    beast::error_code unknown;
    auto places = asio::ip::tcp::resolver{tcp().get_executor()}.resolve(to_.host, std::to_string(to_.port), unknown);
    if (unknown)
      return failed(unknown);
    tcp().expires_after(timeout_);
    tcp().async_connect(places, [self = shared_from_this()](beast::error_code error, const auto&) {
      error ? self->failed(error) : self->secure();
    });
  }

  void secure() {
    stream_.secure(to_.whom.get(), to_.called(), [self = shared_from_this()](beast::error_code error) {
      error ? self->failed(error) : self->write();
    });
  }

  void write() {
    tcp().expires_after(timeout_);
    http::async_write(stream_, message_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      // A server may refuse a request and hang up before it has read all of it.
      auto may_have_answered = error == asio::error::broken_pipe || error == asio::error::connection_reset;
      error && !may_have_answered ? self->failed(error) : self->read();
    });
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(largest_answer);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      error ? self->failed(error) : self->answered();
    });
  }

  void answered() {
    if (waiting_.empty())
      return;
    if (!parser_->keep_alive())
      close();
    auto& got = parser_->get();
    finish({got.result_int(), std::move(got.body()), got[http::field::location], got[http::field::retry_after]});
  }

  void failed(beast::error_code error) {
    if (waiting_.empty())
      return;
    close();
    // A server may close an idle connection just as we ask: that is not an answer, so ask again.
    if (reused_ && error != beast::error::timeout)
      return connect();
    finish({0, to_string(to_) + ": " + stream_.why(error) + (to_.whom ? "" : hint_at_tls(error))});
  }

  void close() {
    tcp().close();
    buffer_.clear();
  }

  void finish(const http_answer& answer) {
    auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    if (!waiting_.empty())
      start();
    done(answer);
  }

  address to_;
  std::chrono::milliseconds timeout_;
  client_stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> message_;
  std::optional<http::response_parser<http::string_body>> parser_;
  std::deque<waiting_call> waiting_;
  bool reused_ = false;
};

http_connection::http_connection(asio::io_context& context, address to, std::chrono::milliseconds timeout)
    : session_(std::make_shared<session>(context, std::move(to), timeout)) {}

http_connection::~http_connection() {
  session_->abandon();
}

void http_connection::call(http_request request, completion done) {
  session_->add(std::move(request), std::move(done));
}

http_client::http_client(address to, std::chrono::milliseconds timeout)
    : to_(to), context_(std::make_unique<asio::io_context>(1)), connection_(*context_, std::move(to), timeout) {}

http_client::~http_client() = default;

http_answer http_client::call(http_request request) {
  std::optional<http_answer> answer;
  connection_.call(std::move(request), [&](const http_answer& got) { answer = got; });
  context_->restart();
  while (!answer && context_->run_one() > 0) {
  }
  if (!answer || answer->status == 0)
    throw unreachable(answer ? answer->body : to_string(to_) + ": no answer");
  return std::move(*answer);
}

} // namespace usher::crowd
