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
                  std::move(news.currency), news.waiting_room, news.room_epoch});
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

} // namespace usher::gateway
