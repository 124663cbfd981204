#pragma once

#include "gateway/node_functions.hpp"

namespace usher::codec {
class frame_decoder;
class tokens;
} // namespace usher::codec

namespace usher::gateway {

class buyer_index;
class directory;
class outbox;
class own_things;
class pass_book;
class queue_answers;
class queue_board;
class request_limits;
class resumption;
class seat_watch;
class trace_ids;
struct gateway_metrics;
struct options;

/// What a buyer's session over a WebSocket works with. All of it belongs to the session's thread, or may be used by
/// any.
struct buyer_services {
  const gateway::options& options;
  gateway_metrics& metrics;
  // Who asks, and how often they may.
  const codec::tokens& tokens;
  const time_source& now;
  request_limits& limits;
  resumption& resumptions;
  // What they say, and what the rest of Usher is asked.
  codec::frame_decoder& decoder;
  trace_ids& traces;
  outbox& requests;
  // What the thread knows.
  const gateway::directory& directory;
  buyer_index& buyers;
  seat_watch& seats;
  queue_board& queue;
  const queue_answers& places;
  own_things& own;
  const pass_book& passes;
};

} // namespace usher::gateway
