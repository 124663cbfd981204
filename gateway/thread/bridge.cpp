#include "gateway/thread/bridge.hpp"

#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/actor_system.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace usher::gateway {
namespace {

/// True for what nobody answers, so that it cannot be wrong. A room that is not told who left would count them for
/// ever.
bool tells_only(const messages::session_request& request) {
  return std::holds_alternative<messages::people_left>(request)
         || std::holds_alternative<messages::unwatch_section>(request);
}

} // namespace

bridge_state::bridge_state(self_pointer self, messages::router_actor router, hand_over deliver,
                           std::chrono::steady_clock::duration patience, right_to_answer may_answer)
    : self_(self), router_(std::move(router)), deliver_(std::move(deliver)), patience_(patience),
      may_answer_(std::move(may_answer)),
      asked_again_(*self_->system().metrics().counter_singleton(
          "usher", "cluster-asked-again", "Requests that were asked again, as nobody knew what had come of them.", "1",
          true)) {}

messages::gateway_actor::behavior_type bridge_state::make_behavior() {
  // A message sent without a request may find nobody. CAF answers that with an error, which would end the gateway.
  self_->set_error_handler(
      [](const caf::error& why) { log::of("gateway").debug("nobody to tell: {}", to_string(why)); });
  self_->send(router_, messages::subscribe{}, me());
  return {
      [this](messages::session_requests& batch) { ask_all(batch); },
      [this](messages::event_announced& news) { collect(std::move(news)); },
      [this](messages::seats_changed& news) { collect(std::move(news)); },
      [this](messages::hold_expired& news) { collect(std::move(news)); },
      [this](messages::order_changed& news) { collect(std::move(news)); },
      [this](messages::people_admitted& news) { collect(std::move(news)); },
      [this](messages::place_given_up& news) { collect(std::move(news)); },
      [this](messages::queue_moved& news) { collect(std::move(news)); },
      [this](messages::flush) { hand_over_collected(); },
  };
}

messages::gateway_actor bridge_state::me() const {
  return caf::actor_cast<messages::gateway_actor>(self_);
}

// One look at the clock, and one at the right to answer, serve all of a batch.
void bridge_state::ask_all(messages::session_requests& batch) {
  pending_request which{.until = self_->clock().now() + patience_};
  auto allowed = may_answer_();
  for (auto& [number, request] : batch.requests) {
    which.number = number;
    if (allowed || tells_only(request))
      std::visit([this, &which](auto& x) { ask(which, x); }, request);
    else // and nothing was done
      collect(answered{number, domain::refusal{.reason = domain::rejection::store_unavailable}});
  }
}

// The thread of sessions gives up on late answers itself (`outbox::sweep`), so no timer is armed for each request.
template <class Reply, class Failed, class Request, class... More>
void bridge_state::ask_router(std::uint64_t number, Failed failed, Request& wish, const More&... more) {
  auto pending = self_->request(router_, caf::infinite, std::move(wish), more...);
  if constexpr (std::is_void_v<Reply>)
    std::move(pending).then([this, number] { conclude(number, done{}); }, std::move(failed));
  else
    std::move(pending).then([this, number](Reply& reply) { conclude(number, std::move(reply)); }, std::move(failed));
}

// The copy is a part of what CAF allocates to await the answer anyway.
template <class Reply, class Request, class... More>
void bridge_state::await(pending_request which, Request& wish, const More&... more) {
  auto failed = [this, which, kept = wish](const caf::error& why) mutable {
    if (!refused(which, why))
      ask_later(which, std::move(kept));
  };
  ask_router<Reply>(which.number, std::move(failed), wish, more...);
}

template <class Reply, class Request>
void bridge_state::await_once(pending_request which, Request& wish) {
  auto failed = [this, which](const caf::error& why) mutable {
    if (!refused(which, why))
      give_up(which);
  };
  ask_router<Reply>(which.number, std::move(failed), wish);
}

void bridge_state::ask(const pending_request&, messages::unwatch_section& x) {
  self_->send(router_, std::move(x), me());
}

void bridge_state::ask(const pending_request&, messages::people_left& x) {
  self_->send(router_, std::move(x), me());
}

bool bridge_state::refused(pending_request& which, const caf::error& why) {
  auto refusal = messages::to_refusal(why);
  which.in_doubt |= refusal.reason == domain::rejection::outcome_unknown;
  // A refusal tells a client that nothing has changed, which nobody knows here. Nor does somebody who cannot do it just
  // now know of an earlier try; and a hold that is still in progress may be just that try. Any other refusal is
  // by the history, of which that would be a part.
  auto is_open = which.in_doubt ? domain::is_passing(refusal.reason) : domain::is_internal(refusal.reason);
  is_open |= which.is_repeated && which.is_hold && refusal.reason == domain::rejection::in_progress;
  which.is_repeated |= is_open;
  if (!is_open)
    conclude(which.number, std::move(refusal));
  return !is_open;
}

void bridge_state::ask_later(const pending_request& which, messages::session_request&& request) {
  auto is_planned = !retries_.empty();
  if (!retries_.add(which, std::move(request), self_->clock().now()))
    return give_up(which);
  if (!is_planned)
    plan_retries();
}

void bridge_state::give_up(const pending_request& which) {
  if (which.in_doubt)
    return conclude(which.number, lost{});
  conclude(which.number, domain::refusal{.reason = domain::rejection::overloaded});
}

// One timer for all of them, however many wait.
void bridge_state::plan_retries() {
  self_.internal_ptr()->run_delayed(retry_queue::interval, [this] { ask_again(); });
}

void bridge_state::ask_again() {
  for (auto& [which, request, at] : retries_.take_due(self_->clock().now())) {
    asked_again_.inc();
    std::visit([this, &which = which](auto& x) { ask(which, x); }, request);
  }
  if (!retries_.empty())
    plan_retries();
}

// Whoever has taken over may know better than a refusal or a reading from the memory of this node. Nor is what was
// granted told: a repeat is granted from memory, too, and only the shard knows whether this is one.
void bridge_state::conclude(std::uint64_t number, answer&& what) {
  if (may_answer_())
    collect(answered{number, std::move(what)});
  else
    collect(answered{number, lost{}});
}

void bridge_state::collect(delivery&& one) {
  // The flush lines up behind everything that is in the mailbox now, so all of that joins this group.
  if (collected_.empty())
    self_->send(me(), messages::flush{});
  collected_.push_back(std::move(one));
}

void bridge_state::hand_over_collected() {
  auto group = std::exchange(collected_, {});
  if (group.empty())
    return;
  collected_.reserve(group.size());
  deliver_(std::move(group));
}

} // namespace usher::gateway
