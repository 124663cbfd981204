#include "gateway/http/event_list.hpp"

#include "codec/encode.hpp"
#include "gateway/thread/session_thread.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace usher::gateway {
namespace {

/// Collects the views of several events, then answers with all of them.
struct gathering {
  exchange_ptr exchange;
  std::size_t missing = 0;
  std::vector<std::pair<known_event_ptr, messages::event_view>> found;

  void add(const known_event_ptr& event, answer&& what) {
    found.emplace_back(exchange->thread().directory().present(event), std::get<messages::event_view>(std::move(what)));
    if (--missing == 0)
      finish();
  }

  void finish() {
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first->id < b.first->id; });
    std::vector<codec::listed_event> listed;
    for (const auto& [event, view] : found)
      listed.push_back({view, *event->plan});
    exchange->reply(200, codec::encode_events(listed));
  }
};

void describe_all(const exchange_ptr& exchange, const std::vector<domain::event_id>& events) {
  auto gathered = std::make_shared<gathering>();
  gathered->exchange = exchange;
  std::vector<known_event_ptr> known;
  // An event not announced here yet is left out: it is just being created.
  for (const auto& event : events)
    if (auto one = exchange->thread().directory().find(event))
      known.push_back(std::move(one));
  gathered->missing = known.size();
  if (known.empty())
    return gathered->finish();
  for (auto& event : known)
    exchange->ask(messages::describe_event{exchange->trace(), event->id},
                  [gathered, event](answer&& what) { gathered->add(event, std::move(what)); });
}

} // namespace

void list_all_events(const exchange_ptr& exchange) {
  if (auto why = exchange->thread().still_starting())
    return exchange->refuse(*why);
  exchange->ask(messages::list_events{exchange->trace()},
                [exchange](answer&& what) { describe_all(exchange, std::get<std::vector<domain::event_id>>(what)); });
}

} // namespace usher::gateway
