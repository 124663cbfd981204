#pragma once

#include "domain/instant.hpp"
#include "messages/control.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <set>

namespace usher::actors {

/// An actor's one timer: sends it `deadline_reached` at the earliest of the times that it asked for, or after
/// `longest_wait` if that is earlier. For anything due later, the actor asks again then. A new message is scheduled
/// only for a time before all that are under way, so these stay few however often the actor asks.
template <class Handle>
class deadline_timer {
public:
  using self_pointer = typename Handle::pointer_view;

  explicit deadline_timer(self_pointer self) : self_(self) {}

  /// A clock that counts nanoseconds in 64 bits ends in 292 years: what is due after that would be due at once.
  static constexpr domain::microseconds longest_wait = std::chrono::hours{1};

  /// Asks for a message at `due`, which may be in the past.
  void wake_at(domain::instant due, domain::instant now) {
    due = std::min(due, now + longest_wait);
    if (!under_way_.empty() && *under_way_.begin() <= due)
      return;
    under_way_.insert(due);
    self_->delayed_send(caf::actor_cast<Handle>(self_.ctrl()), std::max(due - now, domain::microseconds{0}),
                        messages::deadline_reached{});
  }

  /// To be called first when a message comes.
  void rang(domain::instant now) {
    // The earliest message has come, even if by this clock a little early.
    if (!under_way_.empty())
      under_way_.erase(under_way_.begin());
    under_way_.erase(under_way_.begin(), under_way_.upper_bound(now));
  }

private:
  self_pointer self_;
  std::set<domain::instant> under_way_; ///< when messages come
};

} // namespace usher::actors
