#pragma once

#include "gateway/thread/outgoing_queue.hpp"

#include <cstdint>
#include <string_view>

namespace usher::gateway {

/// Why a WebSocket is closed. Below 4100: do not come back; below 4200: later; from 4200: at once.
enum class close_code : std::uint16_t {
  replaced = 1000, ///< the client goes on with another connection
  bad_frame = 4000,
  unauthorized = 4001,
  frame_too_large = 4002,
  overloaded = 4100,
  rate_limited = 4129,
  draining = 4200,
  too_slow = 4201,
};

/// Where a session's frames go. Never calls back into the session from within a call.
class frame_sink {
public:
  virtual void send(outgoing_frame frame) = 0;
  /// Whether more than a few small frames may be sent now. If not, the session's `drained` is called when what is
  /// queued has been written.
  [[nodiscard]] virtual bool has_room() const = 0;
  /// Says goodbye after what is still queued; a client that reads too slowly gets nothing more but that.
  virtual void close(close_code code, std::string_view why) = 0;
  /// A request of the session was answered: there is room for another.
  virtual void request_answered() = 0;

protected:
  ~frame_sink() = default;
};

} // namespace usher::gateway
