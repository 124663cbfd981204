#pragma once

#include "messages/type_ids.hpp"
#include "payments/provider.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace usher::actors {

/// One order's dealings with the payment provider: what it is asked, and whether an answer is awaited.
///
/// The answers come to the checkout as `payment_answered`; when one settles the question, the checkout calls `settle`.
class order_payment {
public:
  using time_point = caf::actor_clock::time_point;

  order_payment(messages::checkout_actor::pointer checkout, std::shared_ptr<payments::provider> provider,
                payments::charge_request charge, std::chrono::milliseconds answer_wait);

  void charge();
  void ask_status();
  void refund();

  /// Whether every question has got a conclusive answer.
  [[nodiscard]] bool settled() const noexcept { return settled_; }
  void settle() noexcept;
  /// Gives up the open question, which will be asked again. An answer that still comes counts.
  void stop_waiting() noexcept { answer_due_.reset(); }
  /// When the answer to the last question is overdue, if one is awaited.
  [[nodiscard]] std::optional<time_point> due() const noexcept { return answer_due_; }
  [[nodiscard]] bool overdue(time_point now) const { return answer_due_ && *answer_due_ <= now; }

private:
  void expect_answer();
  [[nodiscard]] payments::completion completion(messages::payment_step asked) const;

  messages::checkout_actor::pointer checkout_;
  std::shared_ptr<payments::provider> provider_;
  payments::charge_request charge_;
  std::chrono::milliseconds answer_wait_;
  bool settled_ = true;
  std::optional<time_point> answer_due_; ///< when to stop waiting for it
};

} // namespace usher::actors
