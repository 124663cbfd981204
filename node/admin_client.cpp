#include "node/admin_client.hpp"

#include "crowd/client_stream.hpp"
#include "node/answer_members.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace usher::node {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;

constexpr std::uint64_t answer_bytes_max = 256 * 1024 * 1024;

/// One request and its answer. Beast enforces time limits only on asynchronous calls, so each step is one, run to its
/// end.
class exchange {
public:
  explicit exchange(std::chrono::seconds timeout) { stream_.next_layer().expires_after(timeout); }

  beast::error_code connect(const endpoint& place, crowd::trust* whom) {
    beast::error_code error;
    auto places = asio::ip::tcp::resolver{context_}.resolve(place.host, std::to_string(place.port), error);
    if (!error)
      error = finish([&](auto done) { stream_.next_layer().async_connect(places, done); });
    if (error)
      return error;
    return finish([&](auto done) { stream_.secure(whom, place.host, done); });
  }

  beast::error_code send(http::request<http::string_body>& request) {
    return finish([&](auto done) { http::async_write(stream_, request, done); });
  }

  beast::error_code receive(http::response_parser<http::string_body>& answer) {
    return finish([&](auto done) { http::async_read(stream_, buffer_, answer, done); });
  }

  /// What `error`, the last one, means to people.
  [[nodiscard]] std::string why(const beast::error_code& error) const { return stream_.why(error); }

private:
  template <class Start>
  beast::error_code finish(Start start) {
    beast::error_code result;
    start([&result](beast::error_code error, const auto&...) { result = error; });
    context_.restart();
    context_.run();
    return result;
  }

  asio::io_context context_{1};
  crowd::client_stream<beast::tcp_stream> stream_{context_};
  beast::flat_buffer buffer_;
};

/// The value of `Retry-After` in seconds, at most an hour. A date, which no node sends, counts as nothing.
std::chrono::seconds seconds_of(std::string_view text) {
  std::uint32_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range)
    return std::chrono::hours{1};
  if (error != std::errc{} || end != text.data() + text.size())
    return std::chrono::seconds{0};
  return std::min(std::chrono::seconds{seconds}, std::chrono::seconds{std::chrono::hours{1}});
}

} // namespace

refused::refused(const std::string& sentence, int http_status, std::chrono::seconds retry_after)
    : runtime_error(sentence), status_(http_status), retry_after_(retry_after) {}

std::string problem_sentence(const std::string& body, int http_status) {
  json::error_code error;
  auto document = json::parse(body, error);
  auto fallback = "HTTP status " + std::to_string(http_status);
  if (error || !document.is_object())
    return fallback;
  auto title = text_of(document, "title");
  auto detail = text_of(document, "detail");
  if (title.empty())
    return detail.empty() ? fallback : detail;
  auto sentence = title;
  if (!detail.empty() && detail != title) {
    while (sentence.ends_with('.'))
      sentence.pop_back();
    sentence += ": " + detail;
  }
  if (auto pointer = text_of(document, "pointer"); !pointer.empty())
    sentence += " (at " + pointer + ")";
  if (http_status == 401)
    sentence += " Give the node's key with --admin-key or USHER_ADMIN_KEY.";
  return sentence;
}

admin_client::admin_client(const std::string& url, std::string key, const std::string& authorities,
                           std::chrono::seconds timeout)
    : key_(std::move(key)), timeout_(timeout) {
  auto to = parse_url(url);
  if (!to)
    throw std::invalid_argument{"'" + url + "' is not http://HOST:PORT or https://HOST:PORT"};
  to_ = std::move(*to);
  if (to_.tls)
    whom_ = std::make_shared<crowd::trust>(authorities);
}

json::value admin_client::get(const std::string& target) const {
  return ask("GET", target, {});
}

json::value admin_client::put(const std::string& target, const std::string& body) const {
  return ask("PUT", target, body);
}

json::value admin_client::patch(const std::string& target, const json::value& body) const {
  return ask("PATCH", target, json::serialize(body));
}

json::value admin_client::post(const std::string& target, const json::value& body) const {
  return ask("POST", target, json::serialize(body));
}

json::value admin_client::ask(const std::string& method, const std::string& target, const std::string& body) const {
  http::request<http::string_body> request{http::string_to_verb(method), target, 11, body};
  request.set(http::field::host, to_string(to_.place));
  request.set(http::field::connection, "close");
  if (!key_.empty())
    request.set(http::field::authorization, "Bearer " + key_);
  if (!body.empty())
    request.set(http::field::content_type, "application/json");
  request.prepare_payload();

  http::response_parser<http::string_body> answer;
  answer.body_limit(answer_bytes_max);
  exchange talk{timeout_};
  auto error = talk.connect(to_.place, whom_.get());
  if (!error)
    error = talk.send(request);
  if (!error || error == asio::error::broken_pipe || error == asio::error::connection_reset)
    error = talk.receive(answer);
  if (error)
    throw unreachable{"no answer from " + to_string(to_) + ": " + talk.why(error)
                      + (to_.tls ? "" : crowd::hint_at_tls(error))};

  auto status = static_cast<int>(answer.get().result_int());
  if (status >= 300 && status < 400)
    throw refused{to_string(to_) + " sends on to " + std::string{answer.get()[http::field::location]}
                      + ": the key goes nowhere by itself; if that address is right, give it instead",
                  status};
  if (status >= 400)
    throw refused{problem_sentence(answer.get().body(), status), status,
                  seconds_of(answer.get()[http::field::retry_after])};
  if (answer.get().body().empty())
    return nullptr;
  json::error_code broken;
  auto document = json::parse(answer.get().body(), broken);
  if (broken)
    throw refused{"the answer of " + to_string(to_) + target + " is not JSON", status};
  return document;
}

} // namespace usher::node
