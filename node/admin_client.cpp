#include "node/admin_client.hpp"

#include "crowd/trust.hpp"
#include "node/answer_members.hpp"
#include "node/endpoint.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace usher::node {
namespace {

namespace json = boost::json;

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
  url_ = to_string(*to);
  to_ = {
      std::move(to->place.host), to->place.port, {}, to->tls ? std::make_shared<crowd::trust>(authorities) : nullptr};
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
  crowd::http_request request{method, target, body, {{"Connection", "close"}}};
  if (!key_.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key_);
  crowd::http_answer answer;
  try {
    answer = crowd::http_client{to_, timeout_}.call(std::move(request));
  } catch (const unreachable& why) {
    throw unreachable{std::string{"no answer from "} + (to_.whom ? "https://" : "http://") + why.what()};
  }

  auto status = static_cast<int>(answer.status);
  if (status >= 300 && status < 400)
    throw refused{url_ + " sends on to " + answer.location
                      + ": the key goes nowhere by itself; if that address is right, give it instead",
                  status};
  if (status >= 400)
    throw refused{problem_sentence(answer.body, status), status, seconds_of(answer.retry_after)};
  if (answer.body.empty())
    return nullptr;
  json::error_code broken;
  auto document = json::parse(answer.body, broken);
  if (broken)
    throw refused{"the answer of " + url_ + target + " is not JSON", status};
  return document;
}

} // namespace usher::node
