#include "cluster/shard_door.hpp"

#include "cluster/life_messages.hpp"
#include "messages/refusal.hpp"

#include <caf/action.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <mutex>
#include <utility>

namespace usher::cluster {

namespace {

/// Only requests are answered; news that nobody is there to hear is forgotten.
void refuse(const caf::mailbox_element& what, caf::execution_unit* host) {
  if (!what.mid.is_request() || !what.sender)
    return;
  auto why = messages::to_error(domain::refusal{.reason = domain::rejection::overloaded,
                                                .detail = "This part of the event is not served here at the moment."});
  what.sender->enqueue(nullptr, what.mid.response_id(), caf::make_message(std::move(why)), host);
}

} // namespace

door_frame::door_frame(caf::actor_system& system, door_limits limits)
    : system_(system), limits_(limits), bell_(system.spawn<caf::hidden>([](caf::event_based_actor*) -> caf::behavior {
        return {[](caf::unit_t) {}}; // the alarms are actions, which every actor carries out
      })) {}

door_frame::~door_frame() {
  caf::anon_send_exit(bell_, caf::exit_reason::user_shutdown);
}

bool door_frame::enter() noexcept {
  if (waiting_.fetch_add(1) < limits_.waiting_in_all_max)
    return true;
  leave(1);
  return false;
}

door_actor::door_actor(std::shared_ptr<door_frame> frame)
    : caf::monitorable_actor(caf::actor_config{}.add_flag(caf::abstract_actor::is_hidden_flag)),
      frame_(std::move(frame)) {}

door_actor::~door_actor() {
  refuse_all(std::move(waiting_));
}

bool door_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  if (is_about_life(what->payload))
    return false;
  {
    std::shared_lock reading{mutex_};
    if (home_)
      return home_->enqueue(std::move(what), host);
  }
  return wait_or_refuse(std::move(what), host);
}

bool door_actor::wait_or_refuse(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  std::unique_lock writing{mutex_};
  if (home_)
    return home_->enqueue(std::move(what), host);
  if (may_wait_ && waiting_.size() < frame_->limits().waiting_max && frame_->enter()) {
    auto until = frame_->system().clock().now() + frame_->limits().patience;
    waiting_.push_back({std::move(what), until});
    auto must_ring = !std::exchange(will_ring_, true);
    writing.unlock();
    if (must_ring)
      ring_at(until);
    return true;
  }
  writing.unlock();
  refuse(*what, host);
  return false;
}

void door_actor::open(caf::strong_actor_ptr home) {
  std::lock_guard writing{mutex_};
  home_.swap(home); // the one before is let go when nothing is locked any more
  may_wait_ = false;
  frame_->leave(waiting_.size());
  for (auto& message : std::exchange(waiting_, {}))
    home_->enqueue(std::move(message.what), nullptr);
}

void door_actor::keep_waiting() {
  caf::strong_actor_ptr old;
  std::lock_guard writing{mutex_};
  old.swap(home_);
  may_wait_ = true;
}

void door_actor::close() {
  caf::strong_actor_ptr old;
  std::deque<waiting_message> those;
  {
    std::lock_guard writing{mutex_};
    old.swap(home_);
    may_wait_ = false;
    those.swap(waiting_);
  }
  refuse_all(std::move(those));
}

// ---- those who wait too long ----

/// One alarm a door, for the one who has waited longest. It rings on the frame's bell and not on the clock's own
/// thread: CAF's clock takes further alarms through a bounded queue that only its thread empties.
void door_actor::ring_at(clock_time when) {
  auto ring = caf::make_action([door = caf::weak_actor_ptr{ctrl()}] {
    if (auto living = caf::actor_cast<caf::strong_actor_ptr>(door))
      static_cast<door_actor&>(*caf::actor_cast<caf::abstract_actor*>(living)).refuse_overdue();
  });
  frame_->system().clock().schedule_message(
      when, frame_->bell(), caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(ring)));
}

void door_actor::refuse_overdue() {
  std::deque<waiting_message> those;
  std::unique_lock writing{mutex_};
  auto now = frame_->system().clock().now();
  while (!waiting_.empty() && waiting_.front().until <= now) {
    those.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  auto next = waiting_.empty() ? std::nullopt : std::optional{waiting_.front().until};
  will_ring_ = next.has_value();
  writing.unlock();
  refuse_all(std::move(those));
  if (next)
    ring_at(*next);
}

void door_actor::refuse_all(std::deque<waiting_message> those) {
  frame_->leave(those.size());
  for (const auto& message : those)
    refuse(*message.what, nullptr);
}

} // namespace usher::cluster
