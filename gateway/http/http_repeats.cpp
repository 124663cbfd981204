#include "gateway/http/http_repeats.hpp"

#include "codec/public_names.hpp"
#include "gateway/moment.hpp"

#include <array>
#include <chrono>
#include <string_view>

namespace usher::gateway {
namespace {

constexpr std::size_t key_bytes_max = 128;

moment now() {
  return std::chrono::steady_clock::now();
}

} // namespace

bool may_be_key(http_exchange& exchange) {
  if (exchange.request().idempotency_key.size() <= key_bytes_max)
    return true;
  exchange.refuse(domain::rejection::bad_request, "The Idempotency-Key is too long.");
  return false;
}

bool begin_or_repeat(http_exchange& exchange, idempotency_table& repeats, const std::string& owner) {
  auto key = exchange.request().idempotency_key;
  if (key.empty())
    return true;
  if (!may_be_key(exchange))
    return false;
  const auto& request = exchange.request();
  std::array<std::string_view, 3> content{request.method, request.path, request.body};
  auto begun = repeats.begin(owner, key, codec::digest(content), now());
  if (auto* why = std::get_if<domain::rejection>(&begun)) {
    exchange.refuse(*why);
    return false;
  }
  if (auto* known = std::get_if<std::shared_ptr<const stored_answer>>(&begun)) {
    const auto& before = **known;
    http_reply again{before.status, before.content_type, before.body, before.headers, nullptr, false};
    again.headers.emplace_back("Idempotency-Replayed", "true");
    exchange.reply(std::move(again));
    return false;
  }
  exchange.set_observer([&repeats, owner, key](const http_reply* said) {
    // A request that failed, or whose outcome is unknown, may be tried again: the derived ids keep it from happening
    // twice.
    if (!said || said->status >= 400)
      repeats.abandon(owner, key);
    else
      repeats.finish(owner, key, {said->status, said->content_type, said->body, said->headers}, now());
  });
  return true;
}

} // namespace usher::gateway
