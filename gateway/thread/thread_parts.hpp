#pragma once

#include "codec/decode.hpp"
#include "gateway/http/event_list.hpp"
#include "gateway/http/http_session.hpp"
#include "gateway/http/idempotency.hpp"
#include "gateway/http/key_guard.hpp"
#include "gateway/shared_parts.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/incoming_budget.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/outgoing_queue.hpp"
#include "gateway/thread/outgoing_room.hpp"
#include "gateway/thread/own_things.hpp"
#include "gateway/thread/pass_book.hpp"
#include "gateway/thread/trace_ids.hpp"
#include "gateway/ws/queue_answers.hpp"
#include "gateway/ws/queue_board.hpp"
#include "gateway/ws/resumption.hpp"
#include "gateway/ws/seat_watch.hpp"

#include <cstddef>
#include <functional>

namespace usher::gateway {

/// How the parts of a thread reach its loop, the actors, and the other threads.
struct thread_links {
  /// Runs work on the thread, soon; called from any thread.
  std::function<void(std::function<void()>)> post;
  outbox::send_batch send;
  outbox::plan_flush plan;
  resumption::find find_peer;
};

/// The parts that the connections of one thread share, and what of them each kind of connection is given. Only the
/// thread itself, and tests, see all of them.
struct thread_parts {
  thread_parts(shared_parts& shared, std::size_t number, thread_links links);
  /// Forgets first who awaits an answer: sessions use the other parts when they end.
  ~thread_parts() { requests.forget_all(); }
  thread_parts(const thread_parts&) = delete;
  thread_parts& operator=(const thread_parts&) = delete;

  trace_ids traces;
  outbox requests;
  gateway::directory directory;
  connection_table connections;
  incoming_budget incoming;
  outgoing_budget outgoing;
  outgoing_room room;
  event_list events;
  buyer_index buyers;
  seat_watch seats;
  pass_book passes;
  queue_board queue;
  queue_answers places;
  own_things own;
  resumption resumptions;
  key_guard keys;
  idempotency_table repeats;
  codec::frame_decoder decoder;
  const http_services services; ///< for a connection: these parts, and what all threads share

private:
  [[nodiscard]] buyer_services for_buyers(shared_parts& shared);
  [[nodiscard]] websocket_services for_websockets(shared_parts& shared);
  [[nodiscard]] call_services for_calls(shared_parts& shared, thread_links&& links);
  [[nodiscard]] http_services for_http(shared_parts& shared, thread_links&& links);
};

} // namespace usher::gateway
