#include "cluster/outgoing.hpp"

#include <algorithm>
#include <utility>

namespace usher::cluster {

bool outgoing::push(const wire::item& what) {
  if (is_full())
    return false;
  settle_news();
  keep(wire::write(what));
  return true;
}

bool outgoing::push_news(std::uint32_t gateway, wire::encoded what) {
  if (news_ && news_->what == what && std::ranges::find(news_->gateways, gateway) == news_->gateways.end()) {
    news_->gateways.push_back(gateway);
    return true;
  }
  if (is_full())
    return false;
  settle_news();
  news_ = wire::news{{gateway}, std::move(what)};
  return true;
}

bool outgoing::push_newest(const std::string& name, std::uint32_t gateway, wire::encoded what) {
  auto found = newest_.find(name);
  if (found == newest_.end()) {
    if (newest_.size() >= limits_.waiting_items_max)
      return false;
    newest_.emplace(name, wire::news{{gateway}, std::move(what)});
    return true;
  }
  auto& [gateways, last] = found->second;
  last = std::move(what);
  if (std::ranges::find(gateways, gateway) == gateways.end())
    gateways.push_back(gateway);
  return true;
}

void outgoing::settle_news() {
  if (news_)
    keep(wire::write(*std::exchange(news_, std::nullopt)));
}

void outgoing::keep(std::string item) {
  bytes_ += item.size();
  items_.push_back(std::move(item));
}

bool outgoing::consumed(std::uint64_t bytes) {
  if (bytes > sent_)
    return false;
  consumed_ = std::max(consumed_, bytes);
  return true;
}

std::optional<std::string> outgoing::next_frame(std::uint64_t own_consumed, bool must_speak) {
  if (is_open()) {
    settle_news();
    for (auto& [name, news] : std::exchange(newest_, {}))
      keep(wire::write(news));
  }
  if (!must_speak && (items_.empty() || !is_open()))
    return std::nullopt;
  if (!is_open()) { // what was consumed can be said all the same
    auto word = wire::write_head(own_consumed);
    sent_ += word.size();
    return word;
  }
  auto frame = wire::write_head(own_consumed);
  while (!items_.empty() && frame.size() < limits_.frame_bytes) {
    bytes_ -= items_.front().size();
    frame += items_.front();
    items_.pop_front();
  }
  sent_ += frame.size();
  return frame;
}

} // namespace usher::cluster
