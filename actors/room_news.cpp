#include "actors/room_news.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace usher::actors {

room_news::room_news(self_pointer self, std::chrono::milliseconds between_news,
                     std::function<messages::queue_moved()> movement)
    : self_(self), movement_(std::move(movement)), movement_news_(self, between_news, [this] { tell_movement(); }) {}

void room_news::subscribe(const messages::gateway_actor& who) {
  if (gateways_.add(who))
    self_->monitor(who);
}

void room_news::tell(const messages::people_admitted& news) {
  for (const auto& gateway : gateways_)
    self_->send(gateway, news);
}

void room_news::tell(const messages::place_given_up& news) {
  for (const auto& gateway : gateways_)
    self_->send(gateway, news);
}

void room_news::tell_movement() {
  auto news = movement_();
  for (const auto& gateway : gateways_)
    self_->send(gateway, news);
}

} // namespace usher::actors
