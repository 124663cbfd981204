#pragma once

#include "actors/event.hpp"
#include "actors/event_common.hpp"
#include "actors/event_holds.hpp"

#include <caf/actor_addr.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace usher::actors {

/// The event's orders: begins them, writes their steps down, and makes sure that each one under way has a checkout to
/// carry it on.
class event_orders {
public:
  event_orders(event_common& core, event_holds& holds, std::shared_ptr<payments::provider> provider,
               const event_limits& limits);
  /// Ends the checkouts: whoever serves the event next starts its own.
  ~event_orders();
  event_orders(const event_orders&) = delete;
  event_orders& operator=(const event_orders&) = delete;

  caf::result<messages::order_view> start(messages::start_order& wish);
  caf::result<messages::order_view> find(const messages::find_order& wish);
  caf::result<messages::order_view> cancel(const messages::cancel_order& wish);
  caf::result<void> advance(messages::advance_order& step);

  // ---- once something is durable ----

  void began(order_begun& order);
  void moved(order_moved& order);
  void struck_out(const order_struck_out& order);
  void cancel_noted(order_cancel_noted& order);
  void cancelling(order_cancelled& order);
  void read(order_read& order);
  /// As far as is known it was not written: the buyer is told so, and the order must not go on.
  void not_begun(order_begun& order);
  /// The same for a later step: nobody has heard of it yet. If it was written after all, they will.
  void not_moved(order_moved& step);
  void not_cancelled(order_cancelled& order);

  // ---- the checkouts ----

  /// Gives every order under way a checkout, after a start or when the journal was reread.
  void resume();
  /// A checkout is gone.
  void checkout_down(const caf::actor_addr& gone);

  [[nodiscard]] std::uint64_t confirmed() const;
  [[nodiscard]] std::uint64_t under_way() const { return checkouts_.size(); }

private:
  using answer = caf::typed_response_promise<messages::order_view>;

  struct running_checkout {
    messages::checkout_actor actor;
    messages::trace_id trace; ///< of the request behind it; none after a restart
  };

  [[nodiscard]] const domain::order* find_own(domain::order_id id, const domain::buyer_id& buyer) const;
  [[nodiscard]] messages::order_view view(const domain::order& order) const;
  caf::result<messages::order_view> answer_when_durable(domain::order_id id);
  void begin(const messages::start_order& wish, const messages::hold_granted& hold, answer asked);
  void carry_on(domain::order_id id, messages::trace_id trace);
  caf::result<messages::order_view> undo(const messages::cancel_order& wish);
  void tell_cancelled(domain::order_id id, messages::trace_id trace);
  void strike_out(domain::order_id id, messages::trace_id trace);
  [[nodiscard]] std::string name_of(domain::order_id id) const;
  void follow_step(const domain::order& order);

  event_common& core_;
  event_holds& holds_;
  std::shared_ptr<payments::provider> provider_;
  const event_limits limits_;
  std::size_t beginning_ = 0; ///< orders whose hold is being looked up
  std::unordered_map<domain::order_id, running_checkout> checkouts_;
  /// Orders answered with `store_unavailable` but perhaps written, until they are struck out for good; with the
  /// requests that began them.
  std::unordered_map<domain::order_id, messages::trace_id> not_begun_;
  std::unordered_set<domain::order_id> untold_; ///< whose last step nobody has heard of
};

} // namespace usher::actors
