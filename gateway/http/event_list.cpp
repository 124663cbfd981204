#include "gateway/http/event_list.hpp"

#include "codec/encode.hpp"
#include "gateway/http/http_exchange.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/outbox.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace usher::gateway {
namespace {

/// How long buyers are shown the same list.
constexpr std::chrono::seconds fresh_for{1};

/// Whom a list is for: hidden events are in that of operators only.
enum class readers : std::uint8_t { buyers, operators };

/// Collects the views of all events of a thread, and calls `done` once: with the list, or with the first failure.
class gathering : public std::enable_shared_from_this<gathering> {
public:
  gathering(outbox& requests, const directory& events, readers whom, messages::trace_id trace,
            std::function<void(event_list::outcome&&)> done)
      : requests_(requests), events_(events), whom_(whom), trace_(trace), done_(std::move(done)) {}

  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;
  /// Whoever waits is told even if a fault kept the list from being made.
  ~gathering() { end(lost{}); }

  void begin() {
    ask(messages::list_events{trace_},
        [](gathering& self, answer&& what) { self.describe_all(std::get<std::vector<domain::event_id>>(what)); });
  }

private:
  void ask(messages::session_request request, std::function<void(gathering&, answer&&)> then) {
    auto answered = [self = shared_from_this(), then = std::move(then)](answer&& what) {
      if (auto* why = std::get_if<domain::refusal>(&what))
        self->end(std::move(*why));
      else if (std::holds_alternative<lost>(what))
        self->end(lost{});
      else
        then(*self, std::move(what));
    };
    if (!requests_.ask(std::move(request), std::move(answered), outbox::clock::now()))
      end(domain::refusal{.reason = domain::rejection::overloaded});
  }

  void describe_all(const std::vector<domain::event_id>& events) {
    std::vector<known_event_ptr> known;
    // An event not announced here yet is left out: it is just being created.
    for (const auto& event : events)
      if (auto one = whom_ == readers::buyers ? events_.find_shown(event) : events_.find(event))
        known.push_back(std::move(one));
    missing_ = known.size();
    if (known.empty())
      return finish();
    for (auto& event : known) {
      if (!done_)
        return; // one has failed already
      ask(messages::describe_event{trace_, event->id},
          [event](gathering& self, answer&& what) { self.add(event, std::move(what)); });
    }
  }

  void add(const known_event_ptr& event, answer&& what) {
    found_.emplace_back(events_.present(event), std::get<messages::event_view>(std::move(what)));
    if (--missing_ == 0)
      finish();
  }

  void finish() {
    std::sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.first->id < b.first->id; });
    std::vector<codec::listed_event> listed;
    for (const auto& [event, view] : found_)
      listed.push_back({view, *event->plan});
    end(std::make_shared<const std::string>(codec::encode_events(listed)));
  }

  void end(event_list::outcome what) {
    if (auto done = std::exchange(done_, nullptr))
      done(std::move(what));
  }

  outbox& requests_;
  const directory& events_;
  readers whom_;
  messages::trace_id trace_;
  std::function<void(event_list::outcome&&)> done_; ///< null once it has been called
  std::size_t missing_ = 0;
  std::vector<std::pair<known_event_ptr, messages::event_view>> found_;
};

void reply(http_exchange& exchange, const event_list::outcome& what, const char* cache_control) {
  if (const auto* why = std::get_if<domain::refusal>(&what))
    return exchange.refuse(codec::to_problem(*why));
  if (std::holds_alternative<lost>(what))
    return exchange.give_up();
  http_reply said;
  said.headers.emplace_back("Cache-Control", cache_control);
  said.shared_body = std::get<std::shared_ptr<const std::string>>(what);
  exchange.reply(std::move(said));
}

void reply_to_buyer(http_exchange& exchange, const event_list::outcome& what) {
  reply(exchange, what, "public, max-age=1");
}

} // namespace

void event_list::tell(const std::shared_ptr<http_exchange>& exchange) {
  if (auto why = events_.still_starting())
    return exchange->refuse(*why);
  if (text_ && std::chrono::steady_clock::now() - made_at_ < fresh_for)
    return reply_to_buyer(*exchange, text_);
  waiting_.push_back(exchange);
  if (waiting_.size() == 1)
    std::make_shared<gathering>(requests_, events_, readers::buyers, exchange->trace(), [this](outcome&& what) {
      made(std::move(what));
    })->begin();
}

void event_list::made(outcome&& what) {
  if (auto* text = std::get_if<std::shared_ptr<const std::string>>(&what)) {
    text_ = *text;
    made_at_ = std::chrono::steady_clock::now();
  }
  for (auto& exchange : std::exchange(waiting_, {}))
    reply_to_buyer(*exchange, what);
}

void event_list::tell_present(const std::shared_ptr<http_exchange>& exchange) {
  if (auto why = events_.still_starting())
    return exchange->refuse(*why);
  std::make_shared<gathering>(requests_, events_, readers::operators, exchange->trace(), [exchange](outcome&& what) {
    reply(*exchange, what, "no-store");
  })->begin();
}

} // namespace usher::gateway
