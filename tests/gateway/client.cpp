#include "tests/gateway/client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace usher::tests {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

constexpr std::chrono::seconds deadline{20};

/// Starts an operation and runs the loop until it ends. Returns its error.
template <class Start>
beast::error_code finish(asio::io_context& loop, Start start) {
  std::optional<beast::error_code> ended;
  start([&ended](const beast::error_code& error, auto&&...) { ended = error; });
  loop.restart();
  auto until = std::chrono::steady_clock::now() + deadline;
  while (!ended && loop.run_one_until(until) > 0) {
  }
  if (!ended)
    throw std::runtime_error{"nothing came within the deadline"};
  return *ended;
}

template <class Start>
void must(asio::io_context& loop, Start start) {
  if (auto error = finish(loop, start))
    throw beast::system_error{error};
}

tcp::endpoint local(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

} // namespace

boost::json::value http_answer::json() const {
  return boost::json::parse(text);
}

std::string http_answer::slug() const {
  auto type = json().at("type").as_string();
  return std::string{type.subview(type.rfind('/') + 1)};
}

struct http_client::inside {
  asio::io_context loop;
  tcp::socket socket{loop};
  beast::flat_buffer buffer;
  std::string unread; ///< received by `head` and not read yet
};

http_client::http_client(std::uint16_t port) : in_(std::make_unique<inside>()) {
  must(in_->loop, [&](auto done) { in_->socket.async_connect(local(port), done); });
}

http_client::~http_client() = default;

http_answer http_client::call(const std::string& method, const std::string& target, const std::string& body,
                              const headers& extra) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "localhost");
  if (!body.empty())
    request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : extra)
    request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  must(in_->loop, [&](auto done) { http::async_write(in_->socket, request, done); });
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * 1024 * 1024);
  parser.skip(method == "HEAD");
  must(in_->loop, [&](auto done) { http::async_read(in_->socket, in_->buffer, parser, done); });
  http_answer answer;
  answer.status = parser.get().result_int();
  for (const auto& field : parser.get())
    answer.headers[lower(std::string{field.name_string()})] = std::string{field.value()};
  answer.text = parser.get().body();
  return answer;
}

void http_client::send(const std::string& bytes) {
  must(in_->loop, [&](auto done) { asio::async_write(in_->socket, asio::buffer(bytes), done); });
}

std::string http_client::raw(const std::string& bytes) {
  must(in_->loop, [&](auto done) { asio::async_write(in_->socket, asio::buffer(bytes), done); });
  std::string text;
  finish(in_->loop, [&](auto done) { asio::async_read(in_->socket, asio::dynamic_buffer(text), done); });
  return text;
}

bool http_client::has_answer() {
  return !in_->unread.empty() || in_->socket.available() > 0;
}

std::string http_client::head(const std::string& bytes) {
  must(in_->loop, [&](auto done) { asio::async_write(in_->socket, asio::buffer(bytes), done); });
  constexpr std::string_view end = "\r\n\r\n";
  auto& unread = in_->unread;
  must(in_->loop,
       [&](auto done) { asio::async_read_until(in_->socket, asio::dynamic_buffer(unread), std::string{end}, done); });
  auto size = unread.find(end) + end.size();
  auto text = unread.substr(0, size);
  unread.erase(0, size);
  return text;
}

struct websocket_client::inside {
  asio::io_context loop;
  websocket::stream<tcp::socket> stream{loop};
  beast::flat_buffer buffer;
};

websocket_client::websocket_client(std::uint16_t port, const std::string& protocol, const headers& extra)
    : in_(std::make_unique<inside>()) {
  must(in_->loop, [&](auto done) { in_->stream.next_layer().async_connect(local(port), done); });
  in_->stream.set_option(websocket::stream_base::decorator([protocol, extra](websocket::request_type& request) {
    if (!protocol.empty())
      request.set(http::field::sec_websocket_protocol, protocol);
    for (const auto& [name, value] : extra)
      request.set(name, value);
  }));
  must(in_->loop, [&](auto done) { in_->stream.async_handshake("localhost", "/v1/ws", done); });
}

websocket_client::~websocket_client() = default;

void websocket_client::send(const std::string& text) {
  in_->stream.text(true);
  must(in_->loop, [&](auto done) { in_->stream.async_write(asio::buffer(text), done); });
}

void websocket_client::send_part(const std::string& text) {
  in_->stream.text(true);
  must(in_->loop, [&](auto done) { in_->stream.async_write_some(false, asio::buffer(text), done); });
}

void websocket_client::send_binary(const std::string& bytes) {
  in_->stream.binary(true);
  must(in_->loop, [&](auto done) { in_->stream.async_write(asio::buffer(bytes), done); });
}

void websocket_client::ping() {
  must(in_->loop, [&](auto done) { in_->stream.async_ping({}, done); });
}

boost::json::object websocket_client::next() {
  if (auto error = finish(in_->loop, [&](auto done) { in_->stream.async_read(in_->buffer, done); }))
    throw std::runtime_error{"no frame came: " + error.message() + ", close code "
                             + std::to_string(in_->stream.reason().code)};
  auto text = beast::buffers_to_string(in_->buffer.data());
  in_->buffer.clear();
  return boost::json::parse(text).as_object();
}

boost::json::object websocket_client::next(const std::string& type) {
  for (;;)
    if (auto frame = next(); frame.at("type").as_string() == type)
      return frame;
}

boost::json::object websocket_client::ask(const std::string& text, const std::string& id) {
  send(text);
  for (;;)
    if (auto frame = next(); frame.contains("re") && frame.at("re").as_string() == id)
      return frame;
}

boost::json::object websocket_client::hello(const std::string& more) {
  return ask(R"({"type":"hello","id":"hello")" + more + "}", "hello");
}

std::optional<unsigned> websocket_client::close_code() {
  beast::error_code error;
  while (!error) {
    error = finish(in_->loop, [&](auto done) { in_->stream.async_read(in_->buffer, done); });
    in_->buffer.clear();
  }
  auto code = in_->stream.reason().code;
  return code == websocket::close_code::none ? std::nullopt : std::optional<unsigned>{code};
}

void websocket_client::vanish() {
  in_->stream.next_layer().close();
}

} // namespace usher::tests
