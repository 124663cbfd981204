#pragma once

#include "messages/refusal.hpp"

#include <caf/response_promise.hpp>

#include <utility>
#include <vector>

namespace usher::actors {

/// Those who wait until a shard that stands down has come to rest.
class awaited_rest {
public:
  /// Somebody waits for it, and is answered by the promise that is returned.
  caf::response_promise await(caf::response_promise asker) {
    askers_.push_back(std::move(asker));
    return askers_.back();
  }

  /// The shard is at rest.
  void reached() {
    for (auto& asker : std::exchange(askers_, {}))
      asker.deliver();
  }

  /// The shard carries on. Nobody must hear later that it is at rest.
  void given_up() {
    for (auto& asker : std::exchange(askers_, {}))
      asker.deliver(messages::to_error(domain::rejection::overloaded));
  }

private:
  std::vector<caf::response_promise> askers_;
};

} // namespace usher::actors
