#pragma once

#include "actors/subscribers.hpp"
#include "actors/throttle.hpp"
#include "domain/waiting_room.hpp"
#include "messages/type_ids.hpp"

#include <caf/typed_actor_pointer.hpp>

#include <chrono>
#include <functional>
#include <vector>

namespace usher::actors {

/// What a waiting room tells its gateways without being asked: at once, who is let in; now and then, how the queue has
/// moved.
class room_news {
public:
  using self_pointer = messages::waiting_room_actor::pointer_view;

  /// `movement` reads the queue's present state.
  room_news(self_pointer self, std::chrono::milliseconds between_news, std::function<messages::queue_moved()> movement);

  void subscribe(const messages::gateway_actor& who);
  void forget(const caf::actor_addr& gone) { gateways_.remove(gone); }

  void tell(const messages::people_admitted& news);
  void tell(const messages::place_given_up& news);
  /// Tells the queue's state now, or a little later, so that a busy room does not talk all the time.
  void tell_soon() { movement_news_.soon(); }
  /// Tells it now, for what must not wait: the sale has changed.
  void tell_at_once() { tell_movement(); }

private:
  void tell_movement();

  self_pointer self_;
  std::function<messages::queue_moved()> movement_;
  subscribers gateways_;
  throttle<self_pointer> movement_news_;
};

} // namespace usher::actors
