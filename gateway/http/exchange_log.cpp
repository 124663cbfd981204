#include "gateway/http/exchange_log.hpp"

#include "gateway/http/http_exchange.hpp"
#include "log/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace usher::gateway {
namespace {

constexpr std::size_t path_logged_max = 256;
constexpr std::size_t body_logged_max = 256;

spdlog::logger& logger() {
  static auto& kept = log::of("gateway");
  return kept;
}

/// The beginning of a text, in plain ASCII and without anything that would look like another line of the log.
std::string one_line(std::string_view text) {
  std::string line{text.substr(0, body_logged_max)};
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c >= 127; }, '?');
  return text.size() > body_logged_max ? line + "…" : line;
}

/// A path as the log may have it: whoever knows a ticket's code can come in with it.
std::string logged_path(std::string_view path) {
  constexpr std::string_view tickets = "/admin/v1/tickets/";
  return path.starts_with(tickets) ? std::string{tickets} + "…" : one_line(path.substr(0, path_logged_max));
}

} // namespace

void exchange_log::begin(messages::trace_id id, std::string_view method, std::string_view path) {
  id_ = fmt::format("{:016x}", id.value());
  if (logger().should_log(spdlog::level::debug))
    line_ = fmt::format("[{}] {} {}", id_, method, logged_path(path));
}

void exchange_log::note_change(const http_request& request) {
  change_ = fmt::format("operator at {}: {} {} {}", request.from.address.to_string(), request.method,
                        logged_path(request.path), one_line(request.body));
}

void exchange_log::answered(unsigned status) {
  logger().debug("{}: {}", line_, status);
  say_change(std::to_string(status));
}

void exchange_log::unanswered() {
  say_change("no answer");
}

void exchange_log::say_change(std::string_view outcome) {
  if (!change_.empty())
    logger().info("[{}] {}: {}", id_, std::exchange(change_, {}), outcome);
}

} // namespace usher::gateway
