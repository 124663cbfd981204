#include "actors/room_news.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace usher::actors {

room_news::room_news(self_pointer self, std::chrono::milliseconds between_news,
                     std::function<messages::queue_moved()> movement)
    : self_(self), between_news_(between_news), movement_(std::move(movement)) {}

void room_news::subscribe(const messages::gateway_actor& who) {
  if (gateways_.add(who))
    self_->monitor(who);
}

void room_news::tell(const messages::people_admitted& news) {
  for (const auto& gateway : gateways_)
    self_->send(gateway, news);
}

void room_news::tell_soon() {
  if (timer_set_)
    return;
  auto wait = last_told_ + between_news_ - self_->clock().now();
  if (wait.count() <= 0)
    return tell_movement();
  timer_set_ = true;
  self_.internal_ptr()->run_delayed(wait, [this] {
    timer_set_ = false;
    tell_movement();
  });
}

void room_news::tell_movement() {
  last_told_ = self_->clock().now();
  auto news = movement_();
  for (const auto& gateway : gateways_)
    self_->send(gateway, news);
}

} // namespace usher::actors
