#pragma once

#include "messages/type_ids.hpp"
#include "tests/codec/hall.hpp"

#include <caf/send.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace usher::tests {

/// What the fake router saw, and whom it may send news. Shared with the test's thread.
struct router_notes {
  const domain::shared_plan plan = small_hall(); ///< of every event
  std::mutex lock;
  std::vector<messages::gateway_actor> gateways;
  std::vector<messages::people_left> left;
  std::atomic<std::uint64_t> joins{0};
  std::atomic<std::uint64_t> holds{0};
  std::atomic<std::uint64_t> releases{0};
  std::atomic<std::uint64_t> described{0};
  std::atomic<std::uint64_t> watches{0};
  std::atomic<std::uint64_t> unwatches{0};
  std::atomic<bool> plan_put{false};                        ///< by the last PUT
  std::atomic<bool> puts_wait{false};                       ///< until somebody asks for all events
  std::atomic<bool> refuse_watch{false};                    ///< the next one, as overloaded
  std::atomic<bool> refuse_join{false};                     ///< likewise
  std::atomic<bool> refuse_leave{false};                    ///< likewise
  std::vector<std::optional<domain::queue_number>> numbers; ///< with which people joined; guarded by the lock
  std::map<domain::event_id, std::variant<messages::own_list, domain::refusal>> own; ///< else nothing; likewise
  std::optional<domain::refusal> place_fails; ///< how whoever asks for a place is answered; likewise
  std::deque<caf::error> hold_fails;          ///< how the next holds are answered; guarded by the lock
  std::optional<caf::error> put_fails;        ///< how the next PUT is; likewise

  /// Tells every gateway.
  template <class News>
  void tell(const News& news) {
    std::lock_guard guard{lock};
    for (auto& gateway : gateways)
      caf::anon_send(gateway, news);
  }
};

/// Answers everything at once, by rules of its own instead of Usher's:
/// - the events are `rock` (with a waiting room) and `open` (without), both in the small hall;
/// - seat `S-A-1` is always taken, a hold of `S-A-2` is answered when somebody cancels an order, everything else is
///   granted;
/// - who asks for more than anybody may have gets what was asked for under the same id before, or is refused;
/// - the payment method `declined` is declined, every other order is `charging` at first and `confirmed` soon after;
/// - everybody who joins gets number 7.
messages::router_actor spawn_fake_router(caf::actor_system& system, std::shared_ptr<router_notes> notes);

} // namespace usher::tests
