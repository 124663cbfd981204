#include "gateway/thread/directory.hpp"

#include "codec/public_names.hpp"
#include "domain/ensure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace usher::gateway {

void directory::announced(messages::event_announced&& news) {
  domain::ensure(news.plan && news.plan_text, "an event is announced with its plan");
  std::array<std::string_view, 1> text{*news.plan_text};
  auto digest = codec::digest(text);
  auto tag = fmt::format("\"{:016x}\"", digest);
  auto gzip_tag = fmt::format("\"{:016x}-gzip\"", digest);
  events_[news.id] = std::make_shared<const known_event>(
      known_event{news.id, std::move(news.plan), std::move(news.plan_text), std::move(tag), std::move(gzip_tag),
                  std::move(news.currency), news.waiting_room, news.hidden, news.room});
  tell_known();
}

void directory::when_known(std::vector<domain::event_id> events, std::function<void()> then) {
  awaited_ = std::move(events);
  when_known_ = std::move(then);
  tell_known();
}

void directory::tell_known() {
  if (when_known_ && std::ranges::all_of(awaited_, [this](const auto& event) { return events_.contains(event); }))
    std::exchange(when_known_, nullptr)();
}

known_event_ptr directory::find(const domain::event_id& event) const {
  auto place = events_.find(event);
  return place == events_.end() ? nullptr : place->second;
}

known_event_ptr directory::find_shown(const domain::event_id& event) const {
  auto known = find(event);
  return known && !known->hidden ? known : nullptr;
}

std::vector<known_event_ptr> directory::list(const std::optional<domain::event_id>& after, std::size_t most) const {
  std::vector<known_event_ptr> result;
  for (auto next = after ? events_.upper_bound(*after) : events_.begin(); next != events_.end() && result.size() < most;
       ++next)
    result.push_back(next->second);
  return result;
}

std::optional<codec::problem> directory::still_starting() const {
  if (!starting_)
    return std::nullopt;
  return codec::problem_of(domain::rejection::overloaded, "The node is starting.");
}

codec::problem directory::no_such_event() const {
  return still_starting().value_or(codec::problem_of(domain::rejection::not_found, "There is no such event."));
}

} // namespace usher::gateway
