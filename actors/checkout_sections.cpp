#include "actors/checkout_sections.hpp"

#include "domain/ensure.hpp"
#include "messages/refusal.hpp"

#include <caf/send.hpp>

#include <utility>

namespace usher::actors {

checkout_sections::checkout_sections(messages::checkout_actor::pointer checkout, domain::event_id event,
                                     const domain::order_started& order, std::vector<checkout_part> parts,
                                     shared_epoch as_of, domain::seconds window, messages::trace_id trace)
    : checkout_(checkout), event_(std::move(event)), order_(order), parts_(std::move(parts)), as_of_(std::move(as_of)),
      window_(window), trace_(trace) {}

void checkout_sections::start_payment(const all_answered& then) {
  failpoint::reached("checkout.before-start-payment");
  ask([this](const checkout_part&) { return payment_wish(); }, "checkout.after-start-payment", then);
}

void checkout_sections::extend_payment() {
  for (const auto& part : parts_)
    caf::anon_send(part.section.actor, payment_wish());
}

void checkout_sections::stop_payment(const all_answered& then) {
  failpoint::reached("checkout.before-stop-payment");
  ask([this](const checkout_part&) { return ordinary_wish(); }, "checkout.after-stop-payment", then);
}

void checkout_sections::sell(const all_answered& then) {
  failpoint::reached("checkout.before-sell");
  ask(
      [this](const checkout_part& part) {
        return messages::sell_seats{trace_, order_.hold, order_.order, order_.buyer, part.seats, as_of_.get()};
      },
      "checkout.after-sell", then);
}

void checkout_sections::take_back(const all_answered& then) {
  failpoint::reached("checkout.before-take-back");
  ask(
      [this](const checkout_part& part) {
        messages::take_back_seats wish{trace_, order_.order, {}, as_of_.get()};
        for (const auto& seat : part.seats)
          wish.seats.push_back(seat.seat);
        return wish;
      },
      "checkout.after-take-back", then);
}

void checkout_sections::release(const all_answered& then) {
  failpoint::reached("checkout.before-release");
  ask(
      [this](const checkout_part&) {
        return messages::release_hold{trace_, event_, order_.hold, order_.buyer, {}, true, as_of_.get()};
      },
      "checkout.after-release", then);
}

const section_answers<done>& checkout_sections::answers() const {
  domain::ensure(answers_.has_value(), "answers are read when all sections have answered");
  return *answers_;
}

messages::start_payment checkout_sections::payment_wish() const {
  return {trace_, order_.hold, order_.order, order_.buyer, window_, as_of_.get()};
}

messages::stop_payment checkout_sections::ordinary_wish() const {
  return {trace_, order_.hold, order_.order, as_of_.get()};
}

template <class Wish>
void checkout_sections::ask(Wish&& wish_for, failpoint::place_name after, const all_answered& then) {
  answers_.reset();
  std::vector<section_address> sections;
  for (const auto& part : parts_)
    sections.push_back(part.section);
  auto next = parts_.begin(); // they are asked in this order
  ask_sections<done>(
      checkout_, sections, [&](const section_address&) { return wish_for(*next++); },
      [this, after, then](section_answers<done>& answers) {
        failpoint::reached(after);
        answers_ = std::move(answers);
        then();
      });
}

} // namespace usher::actors
