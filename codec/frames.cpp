#include "codec/frames.hpp"

#include <array>

namespace usher::codec::frames {
namespace {

constexpr auto types = std::to_array<frame_type>({
    {"hello", sender::client, "welcome"},
    {"queue.join", sender::client, "queue.state"},
    {"queue.leave", sender::client, "queue.left"},
    {"seats.watch", sender::client, "seats.snapshot"},
    {"seats.unwatch", sender::client, "seats.unwatched"},
    {"hold", sender::client, "held"},
    {"release", sender::client, "released"},
    {"order", sender::client, "order"},
    {"me", sender::client, "me"},
    {"ping", sender::client, "pong"},
    {"welcome", sender::server, {}},
    {"queue.state", sender::server, {}},
    {"queue.admitted", sender::server, {}},
    {"queue.left", sender::server, {}},
    {"seats.snapshot", sender::server, {}},
    {"seats.delta", sender::server, {}},
    {"seats.unwatched", sender::server, {}},
    {"held", sender::server, {}},
    {"released", sender::server, {}},
    {"hold.expired", sender::server, {}},
    {"order", sender::server, {}},
    {"me", sender::server, {}},
    {"problem", sender::server, {}},
    {"pong", sender::server, {}},
    {"heartbeat", sender::server, {}},
    {"reconnect", sender::server, {}},
});

} // namespace

std::span<const frame_type> frame_types() {
  return types;
}

} // namespace usher::codec::frames
