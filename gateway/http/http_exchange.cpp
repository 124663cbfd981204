#include "gateway/http/http_exchange.hpp"

#include "codec/json_writer.hpp"
#include "gateway/buyer_check.hpp"
#include "gateway/request_limits.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/trace_ids.hpp"

#include <boost/beast/core/string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace usher::gateway {

namespace {

constexpr std::string_view operators_prefix = "/admin/";

bool is_operators(std::string_view path) {
  return path.starts_with(operators_prefix);
}

/// `/admin/v1/events/{event}/audit`
bool is_audit(std::string_view path) {
  constexpr auto slashes = 5;
  return is_operators(path) && path.ends_with("/audit") && std::count(path.begin(), path.end(), '/') == slashes;
}

/// Where an operator sees what has become of a change: its event, or the orders of that.
std::string place_of_outcome(std::string_view path) {
  constexpr std::string_view events = "/admin/v1/events/", orders = "/orders";
  auto end = path.find('/', std::min(events.size(), path.size()));
  std::string event{path.substr(0, end)};
  return end != std::string_view::npos && path.substr(end).starts_with(orders) ? event.append(orders) : event;
}

} // namespace

std::chrono::seconds patience_with(const options& configured, std::string_view path) {
  if (!is_operators(path))
    return configured.request_timeout;
  return is_audit(path) ? configured.audit_timeout : configured.operators_timeout;
}

std::chrono::seconds time_limit(const options& configured, std::string_view path) {
  constexpr int steps_max = 6;
  auto patience = patience_with(configured, path);
  return is_audit(path) ? patience : patience * steps_max;
}

http_reply plain_problem(unsigned status, std::string_view title, std::string_view detail) {
  http_reply said;
  said.status = status;
  said.content_type = "application/problem+json";
  codec::json_writer{said.body}
      .begin_object()
      .member("type", "about:blank")
      .member("title", title)
      .member("status", status)
      .member("detail", detail)
      .end_object();
  return said;
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (!boost::beast::iequals({authorization.data(), std::min(authorization.size(), scheme.size())},
                             {scheme.data(), scheme.size()}))
    return std::nullopt;
  return authorization.substr(scheme.size());
}

http_exchange::http_exchange(const exchange_services& services, http_request request, known_buyer& buyer, finish done)
    : services_(services), request_(std::move(request)), known_(buyer), done_(std::move(done)),
      trace_(services.traces.draw()) {}

void http_exchange::reply(http_reply said) {
  auto done = std::exchange(done_, nullptr);
  if (!done)
    return;
  if (observer_)
    observer_(&said);
  done(std::move(said));
}

void http_exchange::reply(unsigned status, std::string json) {
  http_reply said;
  said.status = status;
  said.body = std::move(json);
  reply(std::move(said));
}

void http_exchange::refuse(const codec::problem& what) {
  services_.problems.inc();
  http_reply said;
  said.status = static_cast<unsigned>(codec::http_status(what.reason));
  said.content_type = "application/problem+json";
  said.body = codec::encode_problem(what, services_.options.problem_base);
  if (auto later = codec::retry_after_s(what))
    said.headers.emplace_back("Retry-After", std::to_string(*later));
  if (what.reason == domain::rejection::unauthorized)
    said.headers.emplace_back("WWW-Authenticate", "Bearer");
  reply(std::move(said));
}

void http_exchange::refuse(domain::rejection reason, std::string detail) {
  refuse(codec::problem_of(reason, std::move(detail)));
}

void http_exchange::refuse_plainly(unsigned status, std::string_view title, std::string_view detail) {
  refuse_plainly(plain_problem(status, title, detail));
}

void http_exchange::refuse_plainly(http_reply problem) {
  services_.problems.inc();
  reply(std::move(problem));
}

void http_exchange::give_up() {
  if (is_operators(request_.path))
    say_unanswered();
  else
    hang_up();
}

void http_exchange::say_unanswered() {
  if (!done_)
    return;
  if (auto observer = std::exchange(observer_, nullptr))
    observer(nullptr);
  auto waited = std::chrono::steady_clock::now() - began_;
  auto why = waited < patience_with(services_.options, request_.path)
                 ? "The answer was lost."
                 : fmt::format("Not answered within {} s.", std::chrono::round<std::chrono::seconds>(waited).count());
  auto what = request_.method == "GET" ? "Nothing has changed by it; ask again later."
                                       : "It may still happen, or have happened: ask with GET "
                                             + place_of_outcome(request_.path) + " before you repeat it.";
  refuse_plainly(504, "Gateway Timeout", fmt::format("{} {}", why, what));
}

void http_exchange::hang_up() {
  auto done = std::exchange(done_, nullptr);
  if (!done)
    return;
  if (observer_)
    observer_(nullptr);
  done(std::nullopt);
}

bool http_exchange::require_buyer() {
  auto at = services_.now();
  if (known_.authorization.empty() || known_.authorization != request_.authorization || known_.until <= at) {
    std::string_view header = request_.authorization;
    auto token = bearer_token(header);
    auto checked = token ? check_buyer(services_.tokens, *token, at) : codec::token_fault::malformed;
    auto* claims = std::get_if<codec::buyer_claims>(&checked);
    if (!claims) {
      refuse(domain::rejection::unauthorized);
      return false;
    }
    known_ = {request_.authorization, claims->buyer, claims->expires_at};
  }
  buyer_ = known_.buyer;
  if (auto refused = services_.limits.too_often(buyer_, request_.body.size())) {
    refuse(*refused);
    return false;
  }
  return true;
}

known_event_ptr http_exchange::event() {
  return event(domain::event_id{parameter(0)});
}

known_event_ptr http_exchange::shown_event() {
  auto known = services_.directory.find_shown(domain::event_id{parameter(0)});
  if (!known)
    refuse(services_.directory.no_such_event());
  return known;
}

known_event_ptr http_exchange::event(const domain::event_id& id) {
  auto known = services_.directory.find(id);
  if (!known)
    refuse(services_.directory.no_such_event());
  return known;
}

void http_exchange::ask(messages::session_request request, known_event_ptr event,
                        std::optional<domain::section_no> section, std::function<void(answer&&)> then) {
  auto answered = [self = shared_from_this(), event = std::move(event), section,
                   then = std::move(then)](answer&& what) {
    if (auto* why = std::get_if<domain::refusal>(&what))
      self->refuse(codec::to_problem(*why, event ? event->plan.get() : nullptr, section));
    else if (std::holds_alternative<lost>(what))
      self->give_up();
    else
      then(std::move(what));
  };
  if (!services_.requests.ask(std::move(request), std::move(answered), outbox::clock::now()))
    refuse(domain::rejection::overloaded);
}

} // namespace usher::gateway
