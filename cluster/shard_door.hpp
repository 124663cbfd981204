#pragma once

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/monitorable_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <shared_mutex>

namespace usher::cluster {

struct door_limits {
  std::size_t waiting_max = 2'000;          ///< messages at one door
  std::size_t waiting_in_all_max = 100'000; ///< messages at all doors of a node
  /// How long a request waits at a door; then it is refused, and certainly not done.
  std::chrono::milliseconds patience{2'000};
};

/// What the doors of one node share.
class door_frame {
public:
  door_frame(caf::actor_system& system, door_limits limits = {});
  ~door_frame();
  door_frame(const door_frame&) = delete;
  door_frame& operator=(const door_frame&) = delete;

  [[nodiscard]] caf::actor_system& system() const noexcept { return system_; }
  [[nodiscard]] const door_limits& limits() const noexcept { return limits_; }
  /// False when too many wait already; else `leave` is due once for each.
  [[nodiscard]] bool enter() noexcept;
  void leave(std::size_t count) noexcept { waiting_ -= count; }
  /// How many messages wait at all doors.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

  /// On whose turn the alarms of all doors ring.
  [[nodiscard]] caf::strong_actor_ptr bell() const { return caf::actor_cast<caf::strong_actor_ptr>(bell_); }

private:
  caf::actor_system& system_;
  const door_limits limits_;
  std::atomic<std::size_t> waiting_{0};
  caf::actor bell_;
};

/// The address of one shard on this node, which stays the same whichever actor serves the shard, and wherever. It has
/// no mailbox: what comes is in the mailbox of the shard's actor at once, at the cost of a pointer.
///
/// Every request is answered: by the shard's actor; or, if that ends first, with an error that means "unknown"
/// (`messages::to_refusal`); or by the door as `overloaded`, which means that it was certainly not done. What is no
/// request is dropped where a request would be refused. May be used on any thread. Exit messages and the like end here.
class door_actor final : public caf::monitorable_actor {
public:
  explicit door_actor(std::shared_ptr<door_frame> frame);
  ~door_actor() override;

  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override;

  /// From now on this actor serves the shard. Those who have waited are the first.
  void open(caf::strong_actor_ptr home);
  /// Nobody serves the shard just now, and somebody soon will: what comes waits, but not longer than the limits allow.
  void keep_waiting();
  /// Nobody serves the shard here. Those who wait are refused, too.
  void close();

  [[nodiscard]] const char* name() const override { return "usher.door"; }
  void setup_metrics() {} ///< CAF calls it for every new actor; a door has none

private:
  struct waiting_message {
    caf::mailbox_element_ptr what;
    std::chrono::steady_clock::time_point until;
  };
  using clock_time = std::chrono::steady_clock::time_point;

  bool wait_or_refuse(caf::mailbox_element_ptr what, caf::execution_unit* host);
  void ring_at(clock_time when);
  void refuse_overdue();
  void refuse_all(std::deque<waiting_message> those);

  const std::shared_ptr<door_frame> frame_;
  std::shared_mutex mutex_;
  caf::strong_actor_ptr home_;          ///< null while nobody serves the shard here
  bool may_wait_ = false;               ///< while there is no home
  std::deque<waiting_message> waiting_; ///< the oldest first
  bool will_ring_ = false;              ///< an alarm is set for them
};

/// A door and its handle, which has the shard's own interface.
template <class Handle>
class shard_door {
public:
  explicit shard_door(const std::shared_ptr<door_frame>& frame)
      : door_(caf::make_actor<door_actor, caf::strong_actor_ptr>(frame->system().next_actor_id(),
                                                                 frame->system().node(), &frame->system(), frame)),
        address_(caf::actor_cast<Handle>(door_)) {}

  /// What everybody keeps instead of the shard's actor.
  [[nodiscard]] const Handle& address() const noexcept { return address_; }

  void open(const Handle& home) { door().open(caf::actor_cast<caf::strong_actor_ptr>(home)); }
  void keep_waiting() { door().keep_waiting(); }
  void close() { door().close(); }

private:
  [[nodiscard]] door_actor& door() const {
    return static_cast<door_actor&>(*caf::actor_cast<caf::abstract_actor*>(door_));
  }

  caf::strong_actor_ptr door_;
  Handle address_;
};

} // namespace usher::cluster
