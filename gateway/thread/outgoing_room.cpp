#include "gateway/thread/outgoing_room.hpp"

#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/outgoing_queue.hpp"

#include <cstdint>

namespace usher::gateway {

void outgoing_room::make_for(std::size_t bytes) {
  if (budget_.has_room_for(bytes) || !budget_.can_hold(bytes))
    return;
  auto ended = connections_.make_room([this, bytes] { return budget_.is_relieved_for(bytes); });
  gone_.inc(static_cast<std::int64_t>(ended));
}

} // namespace usher::gateway
