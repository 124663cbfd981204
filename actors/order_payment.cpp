#include "actors/order_payment.hpp"

#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <string>
#include <utility>

namespace usher::actors {

namespace {

using messages::payment_outcome;
using messages::payment_step;

payment_outcome to_message(payments::outcome x) {
  switch (x) {
    case payments::outcome::succeeded:
      return payment_outcome::succeeded;
    case payments::outcome::declined:
      return payment_outcome::declined;
    case payments::outcome::never_asked:
      return payment_outcome::never_asked;
    case payments::outcome::unknown:
      break;
  }
  return payment_outcome::unknown;
}

payments::answer failed_on_purpose() {
  return {payments::outcome::unknown, "a failpoint"};
}

} // namespace

order_payment::order_payment(messages::checkout_actor::pointer checkout, std::shared_ptr<payments::provider> provider,
                             payments::charge_request charge, std::chrono::milliseconds answer_wait)
    : checkout_(checkout), provider_(std::move(provider)), charge_(std::move(charge)), answer_wait_(answer_wait) {}

void order_payment::charge() {
  expect_answer();
  if (failpoint::fails("checkout.before-charge"))
    return completion(payment_step::charge)(failed_on_purpose());
  if (failpoint::planted("charged_again_with_new_key"))
    charge_.key += "-" + std::to_string(checkout_->clock().now().time_since_epoch().count());
  provider_->charge(charge_, completion(payment_step::charge));
}

void order_payment::ask_status() {
  expect_answer();
  if (failpoint::fails("checkout.before-status"))
    return completion(payment_step::status)(failed_on_purpose());
  provider_->status(charge_.key, completion(payment_step::status));
}

void order_payment::refund() {
  expect_answer();
  if (failpoint::fails("checkout.before-refund"))
    return completion(payment_step::refund)(failed_on_purpose());
  provider_->refund(charge_.key, completion(payment_step::refund));
}

void order_payment::settle() noexcept {
  settled_ = true;
  answer_due_.reset();
}

void order_payment::expect_answer() {
  settled_ = false;
  answer_due_ = checkout_->clock().now() + answer_wait_;
}

payments::completion order_payment::completion(payment_step asked) const {
  return [asked, me = caf::actor_cast<messages::checkout_actor>(checkout_)](payments::answer answer) {
    caf::anon_send(me, messages::payment_answered{asked, to_message(answer.result), std::move(answer.reason)});
  };
}

} // namespace usher::actors
