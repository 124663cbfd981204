#pragma once

#include "actors/event.hpp"
#include "actors/event_common.hpp"
#include "actors/event_holds.hpp"

#include <caf/actor_addr.hpp>

#include <cstdint>
#include <optional>
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
  /// Orders as far as they are durable.
  [[nodiscard]] messages::order_list list(const messages::list_orders& wish) const;
  /// The newest of a buyer's orders as far as they are durable, `most` at most, and whether there are more.
  [[nodiscard]] messages::order_list newest_of(const domain::buyer_id& buyer, std::size_t most) const;
  /// The holds that a buyer has bought, or is having refunded.
  [[nodiscard]] std::unordered_set<domain::hold_id> bought_by(const domain::buyer_id& buyer) const;
  caf::result<messages::order_view> refund(const messages::refund_order& wish);
  caf::result<messages::refund_progress> refund_all(const messages::refund_orders& wish);
  caf::result<void> advance(messages::advance_order& step);

  // ---- once something is durable ----

  void began(order_begun& order);
  void moved(order_moved& order);
  void cancel_noted(order_cancel_noted& order);
  void undone(order_undone& order);
  void told(refunds_begun& refunds);
  void read(order_read& order);

  // ---- or once the journal was reread, which has them or has not ----

  void answer_by_history(order_begun& order);
  void answer_by_history(order_moved& step);
  void answer_by_history(order_cancel_noted& order);
  void answer_by_history(order_undone& order);
  void answer_by_history(refunds_begun& refunds);
  void answer_by_history(order_read& order);
  void answer_by_history(step_refused& step);
  void answer_by_history(step_repeated& step);

  /// The event was rebuilt from its journal: what was in flight is known, or will be answered by the history.
  void forget_in_flight() { in_flight_.clear(); }

  /// Whether an order's hold is being looked up, so that nobody knows yet whether it begins.
  [[nodiscard]] bool any_beginning() const noexcept { return beginning_ > 0; }

  // ---- the checkouts ----

  /// Gives every order under way a checkout, after a start or when the journal was reread.
  void resume();
  /// A checkout is gone.
  void checkout_down(const caf::actor_addr& gone);

  [[nodiscard]] std::uint64_t confirmed() const;
  /// Orders that this event carries on: none when it is somebody else's by now.
  [[nodiscard]] std::uint64_t under_way() const {
    return core_.journal.standing() == shard_standing::stopped ? 0 : checkouts_.size();
  }
  /// Of these, those that have stood where they are for longer than `order_stuck_after`.
  [[nodiscard]] std::uint64_t stuck() const;

private:
  using answer = caf::typed_response_promise<messages::order_view>;

  struct running_checkout {
    messages::checkout_actor actor;
    messages::trace_id trace; ///< of the request behind it; none after a restart
  };

  [[nodiscard]] const domain::order* find_own(domain::order_id id, const domain::buyer_id& buyer) const;
  [[nodiscard]] messages::order_view view(const domain::order& order) const;
  [[nodiscard]] const domain::order* durable(const domain::order& order) const;
  [[nodiscard]] bool selects(const messages::list_orders& wish, const domain::order& order) const;
  /// `if_unwritten` is the answer when the order turns out never to have been written.
  caf::result<messages::order_view> answer_when_durable(domain::order_id id, domain::rejection if_unwritten);
  void begin(const messages::start_order& wish, const messages::hold_granted& hold, answer asked);
  void carry_on(domain::order_id id, messages::trace_id trace);
  [[nodiscard]] std::optional<domain::rejection> obstacle_to_checkout() const;
  caf::result<messages::order_view> undo(const domain::decision<domain::order_advanced>& decision, domain::order_id id,
                                         messages::trace_id trace);
  void tell_unwanted(const domain::order& order, messages::trace_id trace);
  [[nodiscard]] std::string name_of(domain::order_id id) const;
  void forget(domain::order_id id);
  void take_up(domain::order_id id, const caf::actor_addr& gone, messages::trace_id trace);
  template <class Fact>
  void write(domain::order_id id, const Fact& fact, event_once_durable next);
  bool note_written(domain::order_id id);
  void answer_settled(const domain::order& order, answer asked);
  void follow_step(const domain::order& order, domain::order_state reached);
  void tell_gateways(const domain::order& order);

  event_common& core_;
  event_holds& holds_;
  std::shared_ptr<payments::provider> provider_;
  const event_limits limits_;
  std::size_t beginning_ = 0;                    ///< orders whose hold is being looked up
  std::unordered_set<domain::order_id> undoing_; ///< that get a checkout once it is durable that they are undone
  std::unordered_map<domain::order_id, running_checkout> checkouts_;
  /// What is not durable yet of an order. While there is anything, nobody is told how it stands but as it stood before.
  struct undurable {
    std::uint32_t facts = 0;
    bool is_owed = false;                ///< the gateways would have been told
    std::optional<domain::order> before; ///< nothing if the order is new
  };
  std::unordered_map<domain::order_id, undurable> in_flight_;
};

} // namespace usher::actors
