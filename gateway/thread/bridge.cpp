#include "gateway/thread/bridge.hpp"

#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <type_traits>
#include <utility>

namespace usher::gateway {

bridge_state::bridge_state(self_pointer self, messages::router_actor router, hand_over deliver)
    : self_(self), router_(std::move(router)), deliver_(std::move(deliver)) {}

messages::gateway_actor::behavior_type bridge_state::make_behavior() {
  // A message sent without a request may find nobody. CAF answers that with an error, which would end the gateway.
  self_->set_error_handler(
      [](const caf::error& why) { log::of("gateway").debug("nobody to tell: {}", to_string(why)); });
  self_->send(router_, messages::subscribe{}, me());
  return {
      [this](messages::session_requests& batch) { ask_all(batch); },
      [this](messages::event_announced& news) { collect(std::move(news)); },
      [this](messages::seats_changed& news) { collect(std::move(news)); },
      [this](messages::hold_expired& news) { collect(std::move(news)); },
      [this](messages::order_changed& news) { collect(std::move(news)); },
      [this](messages::people_admitted& news) { collect(std::move(news)); },
      [this](messages::place_given_up& news) { collect(std::move(news)); },
      [this](messages::queue_moved& news) { collect(std::move(news)); },
      [this](messages::flush) { hand_over_collected(); },
  };
}

messages::gateway_actor bridge_state::me() const {
  return caf::actor_cast<messages::gateway_actor>(self_);
}

void bridge_state::ask_all(messages::session_requests& batch) {
  for (auto& [number, request] : batch.requests)
    std::visit([this, number = number](auto& x) { ask(number, x); }, request);
}

// The thread of sessions gives up on late answers itself (`outbox::sweep`), so no timer is armed for each request.
template <class Reply, class Request, class... More>
void bridge_state::await(std::uint64_t number, Request& request, const More&... more) {
  auto pending = self_->request(router_, caf::infinite, std::move(request), more...);
  auto failed = [this, number](const caf::error& why) { refused(number, why); };
  if constexpr (std::is_void_v<Reply>)
    std::move(pending).then([this, number] { collect(answered{number, done{}}); }, failed);
  else
    std::move(pending).then([this, number](Reply& reply) { collect(answered{number, std::move(reply)}); }, failed);
}

void bridge_state::ask(std::uint64_t, messages::unwatch_section& x) {
  self_->send(router_, std::move(x), me());
}

void bridge_state::ask(std::uint64_t, messages::people_left& x) {
  self_->send(router_, std::move(x), me());
}

void bridge_state::refused(std::uint64_t number, const caf::error& why) {
  auto refusal = messages::to_refusal(why);
  // A refusal tells a client that nothing has changed, which nobody knows here.
  if (domain::is_internal(refusal.reason))
    collect(answered{number, lost{}});
  else
    collect(answered{number, std::move(refusal)});
}

void bridge_state::collect(delivery&& one) {
  // The flush lines up behind everything that is in the mailbox now, so all of that joins this group.
  if (collected_.empty())
    self_->send(me(), messages::flush{});
  collected_.push_back(std::move(one));
}

void bridge_state::hand_over_collected() {
  auto group = std::exchange(collected_, {});
  if (group.empty())
    return;
  collected_.reserve(group.size());
  deliver_(std::move(group));
}

} // namespace usher::gateway
