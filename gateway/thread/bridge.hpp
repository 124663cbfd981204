#pragma once

#include "gateway/thread/answer.hpp"
#include "messages/type_ids.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <vector>

namespace usher::gateway {

/// Takes what the bridge has collected; called on the bridge's thread, must not block.
using hand_over = std::function<void(std::vector<delivery>)>;

/// Stands between one thread of sessions and the actors: asks on the sessions' behalf, and hands everything that comes
/// back to the thread in groups, because waking a thread costs more than deciding a hold.
class bridge_state {
public:
  using self_pointer = messages::gateway_actor::pointer_view;
  static inline const char* name = "usher.bridge";

  bridge_state(self_pointer self, messages::router_actor router, hand_over deliver);

  messages::gateway_actor::behavior_type make_behavior();

private:
  /// Not kept: an actor that holds its own handle lives for ever.
  messages::gateway_actor me() const;
  void ask_all(messages::session_requests& batch);

  /// Asks the router and awaits a reply of the type that goes with the request. Some requests also say who asks.
  template <class Reply, class Request, class... More>
  void await(std::uint64_t number, Request& request, const More&... more);

  void ask(std::uint64_t number, messages::hold_seats& x) { await<messages::hold_granted>(number, x); }
  void ask(std::uint64_t number, messages::find_hold& x) { await<messages::hold_granted>(number, x); }
  void ask(std::uint64_t number, messages::release_hold& x) { await<void>(number, x); }
  void ask(std::uint64_t number, messages::start_order& x) { await<messages::order_view>(number, x); }
  void ask(std::uint64_t number, messages::find_order& x) { await<messages::order_view>(number, x); }
  void ask(std::uint64_t number, messages::cancel_order& x) { await<messages::order_view>(number, x); }
  void ask(std::uint64_t number, messages::list_orders& x) { await<messages::order_list>(number, x); }
  void ask(std::uint64_t number, messages::refund_order& x) { await<messages::order_view>(number, x); }
  void ask(std::uint64_t number, messages::refund_orders& x) { await<messages::refund_progress>(number, x); }
  void ask(std::uint64_t number, messages::describe_event& x) { await<messages::event_view>(number, x); }
  void ask(std::uint64_t number, messages::list_events& x) { await<std::vector<domain::event_id>>(number, x); }
  void ask(std::uint64_t number, messages::put_event& x) { await<messages::event_view>(number, x); }
  void ask(std::uint64_t number, messages::change_event& x) { await<messages::event_view>(number, x); }
  void ask(std::uint64_t number, messages::block_seats& x) { await<messages::event_view>(number, x); }
  void ask(std::uint64_t number, messages::report_event& x) { await<messages::event_report>(number, x); }
  void ask(std::uint64_t number, messages::read_section& x) { await<messages::section_view>(number, x); }
  void ask(std::uint64_t number, messages::watch_section& x) { await<messages::section_view>(number, x, me()); }
  void ask(std::uint64_t number, messages::join_queue& x) { await<domain::queue_place>(number, x, me()); }
  void ask(std::uint64_t number, messages::ask_place& x) { await<domain::queue_place>(number, x); }
  void ask(std::uint64_t number, messages::leave_queue& x) { await<void>(number, x); }
  // Nobody awaits an answer to these.
  void ask(std::uint64_t, messages::unwatch_section& x);
  void ask(std::uint64_t, messages::people_left& x);

  void refused(std::uint64_t number, const caf::error& why);
  /// Adds to the group that the next `flush` hands over.
  void collect(delivery&& one);
  void hand_over_collected();

  self_pointer self_;
  messages::router_actor router_;
  hand_over deliver_;
  std::vector<delivery> collected_;
};

using bridge = messages::gateway_actor::stateful_impl<bridge_state>;

} // namespace usher::gateway
