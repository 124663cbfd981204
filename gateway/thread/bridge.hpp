#pragma once

#include "gateway/node_functions.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/retry_queue.hpp"
#include "messages/type_ids.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace usher::gateway {

/// Takes what the bridge has collected; called on the bridge's thread, must not block.
using hand_over = std::function<void(std::vector<delivery>)>;

/// Stands between one thread of sessions and the actors: asks on the sessions' behalf, and hands everything that comes
/// back to the thread in groups, because waking a thread costs more than deciding a hold.
///
/// Whoever should have answered may end before it does, and be back soon. A request whose outcome nobody knows is
/// therefore asked again, if it may be repeated, for as long as sessions await answers; then it is `lost`, or
/// `overloaded` if it was certainly not done.
class bridge_state {
public:
  using self_pointer = messages::gateway_actor::pointer_view;
  static inline const char* name = "usher.bridge";

  /// How many requests may wait to be asked again; further ones are given up at once.
  static constexpr std::size_t retries_max = 10'000;

  /// `patience`: for how long the sessions await an answer.
  bridge_state(self_pointer self, messages::router_actor router, hand_over deliver,
               std::chrono::steady_clock::duration patience, right_to_answer may_answer);

  messages::gateway_actor::behavior_type make_behavior();

private:
  /// Not kept: an actor that holds its own handle lives for ever.
  messages::gateway_actor me() const;
  void ask_all(messages::session_requests& batch);

  /// Asks the router and awaits a reply of the type that goes with the request. Some requests also say who asks.
  template <class Reply, class Failed, class Request, class... More>
  void ask_router(std::uint64_t number, Failed failed, Request& wish, const More&... more);
  /// The same for a request that may be repeated: it only reads, or has the same effect when it is carried out twice.
  template <class Reply, class Request, class... More>
  void await(pending_request which, Request& wish, const More&... more);
  /// The same for one that may not: repeated late, it could undo what somebody has changed since, or do it twice.
  template <class Reply, class Request>
  void await_once(pending_request which, Request& wish);

  // Holds and orders have ids, and whoever serves them knows them from its history: a repeat is answered as the first
  // time. A release, a cancellation or a refund that has taken effect is answered as done. Whoever joins
  // the queue again keeps their place or, if the room has forgotten it, gets one that nobody heard of before.
  void ask(pending_request which, messages::hold_seats& x) {
    which.is_hold = true;
    await<messages::hold_granted>(which, x);
  }
  void ask(pending_request which, messages::find_hold& x) { await<messages::hold_granted>(which, x); }
  void ask(pending_request which, messages::release_hold& x) { await<void>(which, x); }
  void ask(pending_request which, messages::start_order& x) { await<messages::order_view>(which, x); }
  void ask(pending_request which, messages::find_order& x) { await<messages::order_view>(which, x); }
  void ask(pending_request which, messages::cancel_order& x) { await<messages::order_view>(which, x); }
  void ask(pending_request which, messages::list_orders& x) { await<messages::order_list>(which, x); }
  void ask(pending_request which, messages::refund_order& x) { await<messages::order_view>(which, x); }
  void ask(pending_request which, messages::refund_orders& x) { await<messages::refund_progress>(which, x); }
  void ask(pending_request which, messages::describe_event& x) { await<messages::event_view>(which, x); }
  void ask(pending_request which, messages::list_events& x) { await<std::vector<domain::event_id>>(which, x); }
  void ask(pending_request which, messages::report_event& x) { await<messages::event_report>(which, x); }
  void ask(pending_request which, messages::list_own& x) { await<messages::own_list>(which, x); }
  void ask(pending_request which, messages::read_section& x) { await<messages::section_view>(which, x); }
  void ask(pending_request which, messages::watch_section& x) { await<messages::section_view>(which, x, me()); }
  void ask(pending_request which, messages::join_queue& x) { await<domain::queue_place>(which, x, me()); }
  void ask(pending_request which, messages::ask_place& x) { await<domain::queue_place>(which, x); }
  // An operator's later change would be undone by the repeat of an earlier one, and a number of places blocked twice;
  // and whoever has left the line may have joined it again.
  void ask(pending_request which, messages::put_event& x) { await_once<messages::event_view>(which, x); }
  void ask(pending_request which, messages::change_event& x) { await_once<messages::event_view>(which, x); }
  void ask(pending_request which, messages::block_seats& x) { await_once<messages::event_view>(which, x); }
  void ask(pending_request which, messages::leave_queue& x) { await_once<void>(which, x); }
  // Nobody awaits an answer to these.
  void ask(const pending_request&, messages::unwatch_section& x);
  void ask(const pending_request&, messages::people_left& x);

  /// Refuses, unless the refusal leaves open what has become of the request. True when it was answered.
  bool refused(pending_request& which, const caf::error& why);
  void ask_later(const pending_request& which, messages::session_request&& request);
  void ask_again();
  /// Nobody asks any more: it is unknown what came of it, or it was certainly not done.
  void give_up(const pending_request& which);
  void plan_retries();
  /// Answers, unless the node has lost the right to.
  void conclude(std::uint64_t number, answer&& what);
  /// Adds to the group that the next `flush` hands over.
  void collect(delivery&& one);
  void hand_over_collected();

  self_pointer self_;
  messages::router_actor router_;
  hand_over deliver_;
  std::chrono::steady_clock::duration patience_;
  right_to_answer may_answer_;
  caf::telemetry::int_counter& asked_again_;
  retry_queue retries_{retries_max};
  std::vector<delivery> collected_;
};

using bridge = messages::gateway_actor::stateful_impl<bridge_state>;

} // namespace usher::gateway
