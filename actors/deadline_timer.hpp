#pragma once

#include "domain/instant.hpp"
#include "messages/control.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <optional>

namespace usher::actors {

/// An actor's one timer: sends it `deadline_reached` at the earliest of the times that it asked for. Whatever is due
/// later the actor asks for anew then, so that at most one message is under way however often it asks.
template <class Handle>
class deadline_timer {
public:
  using self_pointer = typename Handle::pointer_view;

  explicit deadline_timer(self_pointer self) : self_(self) {}

  /// Asks for a message at `due`, which may be over.
  void wake_at(domain::instant due, domain::instant now) {
    if (at_ && *at_ <= due)
      return;
    at_ = due;
    self_->delayed_send(caf::actor_cast<Handle>(self_.ctrl()), std::max(due - now, domain::microseconds{0}),
                        messages::deadline_reached{});
  }

  /// To be called first when the message comes.
  void rang(domain::instant now) {
    if (at_ && *at_ <= now)
      at_.reset();
  }

private:
  self_pointer self_;
  std::optional<domain::instant> at_; ///< when the next message comes
};

} // namespace usher::actors
