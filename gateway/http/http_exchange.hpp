#pragma once

#include "codec/problem.hpp"
#include "codec/tokens.hpp"
#include "domain/ids.hpp"
#include "gateway/client_address.hpp"
#include "gateway/node_functions.hpp"
#include "gateway/options.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/directory.hpp"

#include <caf/telemetry/counter.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::gateway {

class outbox;
class request_limits;
class trace_ids;

/// What any exchange works with. All of it belongs to one thread, or may be used by any; and it outlives every
/// exchange.
struct exchange_services {
  const gateway::options& options;
  caf::telemetry::int_counter& problems; ///< counts the refusals
  const codec::tokens& tokens;
  const time_source& now;
  request_limits& limits;
  trace_ids& traces;
  outbox& requests;
  const gateway::directory& directory;
};

/// A request as the routes need it.
struct http_request {
  std::string method; ///< `HEAD` comes as `GET`
  std::string path;   ///< without the query, still escaped
  std::string query;  ///< what follows the path's `?`, still escaped
  std::string body;
  std::string content_type;
  std::string authorization;
  std::string idempotency_key;
  std::string queue_token;
  std::string pass;
  std::string if_none_match;
  bool takes_gzip = false; ///< the answer may be compressed
  visitor from;
};

struct http_reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> shared_body; ///< instead of `body`: not copied
  bool close = false;                             ///< no further request on this connection
};

/// A problem of HTTP's own, such as 405: its type is `about:blank`.
[[nodiscard]] http_reply plain_problem(unsigned status, std::string_view title, std::string_view detail);

/// How long the rest of Usher may take for one step of a request; each is given up by itself.
[[nodiscard]] std::chrono::seconds patience_with(const options& configured, std::string_view path);
/// How long for all of it: this ends whatever takes more steps than any does.
[[nodiscard]] std::chrono::seconds time_limit(const options& configured, std::string_view path);

/// The token of an `Authorization: Bearer …`, whatever the case of the scheme; nothing for another scheme.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::string_view authorization);

/// Whose request this is, verified once per token and connection.
struct known_buyer {
  std::string authorization; ///< the header's text
  domain::buyer_id buyer;
  domain::instant until;
};

/// One HTTP request and its answer, which may come later. Exactly one answer is given.
class http_exchange : public std::enable_shared_from_this<http_exchange> {
public:
  /// Sends the reply, or closes the connection without one.
  using finish = std::function<void(std::optional<http_reply>)>;

  http_exchange(const exchange_services& services, http_request request, known_buyer& buyer, finish done);

  [[nodiscard]] const http_request& request() const noexcept { return request_; }
  [[nodiscard]] http_request& request() noexcept { return request_; }
  [[nodiscard]] messages::trace_id trace() const noexcept { return trace_; }
  [[nodiscard]] const domain::buyer_id& buyer() const noexcept { return buyer_; }
  /// The n-th `{…}` of the route's path, unescaped.
  [[nodiscard]] const std::string& parameter(std::size_t n) const { return parameters_.at(n); }
  void set_parameters(std::vector<std::string> values) { parameters_ = std::move(values); }

  void reply(http_reply answer);
  void reply(unsigned status, std::string json);
  void refuse(const codec::problem& what);
  void refuse(domain::rejection reason, std::string detail = {});
  /// A problem of HTTP's own, for which there is no slug.
  void refuse_plainly(unsigned status, std::string_view title, std::string_view detail);
  void refuse_plainly(http_reply problem);
  /// Gives up waiting: whether the request was carried out is unknown, and neither may be claimed. A buyer's connection
  /// is closed without an answer, as programs repeat what got none; an operator is told so, and where to look.
  void give_up();

  /// Verifies the buyer's token and counts the request. Without a good token answers 401, for one request too many 429;
  /// then returns false.
  [[nodiscard]] bool require_buyer();
  /// The event named by the path's first `{…}`; null after answering 404.
  [[nodiscard]] known_event_ptr event();
  [[nodiscard]] known_event_ptr event(const domain::event_id& id);
  /// The same for buyers who want something new: null after answering 404 for a hidden event, too.
  [[nodiscard]] known_event_ptr shown_event();
  /// The newest version of an event: see `directory::present`.
  [[nodiscard]] known_event_ptr present(const known_event_ptr& event) const {
    return services_.directory.present(event);
  }

  /// Asks, and calls `then` with a success. Deals with refusals and lost answers.
  void ask(messages::session_request request, known_event_ptr event, std::optional<domain::section_no> section,
           std::function<void(answer&&)> then);
  void ask(messages::session_request request, std::function<void(answer&&)> then) {
    ask(std::move(request), nullptr, std::nullopt, std::move(then));
  }

  /// Called before the reply goes out, e.g. to remember it.
  void set_observer(std::function<void(const http_reply*)> observer) { observer_ = std::move(observer); }

private:
  void hang_up();
  void say_unanswered();

  const exchange_services& services_;
  http_request request_;
  known_buyer& known_;
  finish done_;
  messages::trace_id trace_;
  domain::buyer_id buyer_;
  std::vector<std::string> parameters_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::function<void(const http_reply*)> observer_;
};

using exchange_ptr = std::shared_ptr<http_exchange>;

} // namespace usher::gateway
