#pragma once

#include "actors/checkout.hpp"
#include "actors/section_answers.hpp"
#include "domain/order.hpp"
#include "failpoint/failpoint.hpp"
#include "messages/type_ids.hpp"

#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace usher::actors {

/// The sections that have an order's seats: asks all of them the same, and says when all have answered.
///
/// One question at a time. All may be repeated.
class checkout_sections {
public:
  using all_answered = std::function<void()>;

  /// `order` is what was begun, and must outlive this object; `as_of` is the epoch of its event, and `window` how long
  /// a hold lasts while being paid for.
  checkout_sections(messages::checkout_actor::pointer checkout, domain::event_id event,
                    const domain::order_started& order, std::vector<checkout_part> parts, shared_epoch as_of,
                    domain::seconds window, messages::trace_id trace);

  /// The hold is being paid for, and lasts at least the window.
  void start_payment(const all_answered& then);
  /// Gives the hold another window without waiting for answers. A hold that is gone stays gone.
  void extend_payment();
  /// The hold goes on as an ordinary one while it lasts.
  void stop_payment(const all_answered& then);
  void sell(const all_answered& then);
  void take_back(const all_answered& then);
  /// Releases whatever is held and not sold.
  void release(const all_answered& then);

  /// The answers to the last question. Requires that all have answered.
  [[nodiscard]] const section_answers<done>& answers() const;

private:
  [[nodiscard]] messages::start_payment payment_wish() const;
  [[nodiscard]] messages::stop_payment ordinary_wish() const;
  /// The failpoint `after` is reached when all have answered.
  template <class Wish>
  void ask(Wish&& wish_for, failpoint::place_name after, const all_answered& then);

  messages::checkout_actor::pointer checkout_;
  domain::event_id event_;
  const domain::order_started& order_;
  std::vector<checkout_part> parts_;
  shared_epoch as_of_;
  domain::seconds window_;
  messages::trace_id trace_;
  std::optional<section_answers<done>> answers_; ///< to the last question
};

} // namespace usher::actors
