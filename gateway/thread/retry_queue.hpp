#pragma once

#include "messages/gateway.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace usher::gateway {

/// How a request that awaits its answer has fared so far.
struct pending_request {
  using clock = std::chrono::steady_clock;

  std::uint64_t number = 0;           ///< under which its answer is awaited
  clock::time_point until;            ///< when nobody awaits its answer any more
  std::chrono::milliseconds wait{50}; ///< before it is asked again
  bool in_doubt = false;              ///< an earlier try may have been carried out
  bool is_repeated = false;           ///< there was one
  bool is_hold = false;               ///< it asks to hold something
};

/// Requests that got no outcome and wait to be asked again: soon at first, then at intervals that double, as long as
/// somebody awaits their answers. Bounded. Reads no clock.
class retry_queue {
public:
  using clock = pending_request::clock;
  /// How often somebody should look who is due, while anybody waits.
  static constexpr std::chrono::milliseconds interval{50};
  static constexpr std::chrono::milliseconds wait_max{800};

  struct entry {
    pending_request which;
    messages::session_request request;
    clock::time_point at;
  };

  explicit retry_queue(std::size_t most) : most_(most) {}

  /// False when there is no room, or no time for one more try. Then nothing was kept.
  [[nodiscard]] bool add(pending_request which, messages::session_request&& request, clock::time_point now);
  /// Removes those whose wait is over.
  [[nodiscard]] std::vector<entry> take_due(clock::time_point now);
  /// Whether nobody waits.
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

private:
  std::size_t most_;
  std::vector<entry> waiting_;
};

} // namespace usher::gateway
