#include "node/audit_desk.hpp"

#include "log/log.hpp"
#include "node/audit_printing.hpp"
#include "node/stored_audit.hpp"

#include <optional>

namespace usher::node {
namespace {

constexpr std::size_t waiting_max = 16;

domain::refusal no_more_audits(const char* detail) {
  return {.reason = domain::rejection::overloaded, .detail = detail};
}

} // namespace

audit_desk::audit_desk(opener open)
    : open_(std::move(open)), thread_([this](const std::stop_token& stop) { work(stop); }) {}

void audit_desk::ask(messages::trace_id trace, const domain::event_id& event, completion done) {
  {
    std::lock_guard lock{mutex_};
    if (!stopped_ && waiting_.size() < waiting_max) {
      waiting_.push_back({trace, event, std::move(done)});
      asked_.notify_one();
      return;
    }
  }
  done(no_more_audits("Too many audits are waiting."));
}

void audit_desk::stop() {
  std::deque<request> waiting;
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    waiting.swap(waiting_);
  }
  for (auto& each : waiting)
    each.done(no_more_audits("The node is stopping."));
  thread_.request_stop();
  if (thread_.joinable())
    thread_.join();
}

void audit_desk::work(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock{mutex_};
    if (!asked_.wait(lock, stop, [this] { return !waiting_.empty(); }))
      return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.done(examine(next));
  }
}

gateway::audit_answer audit_desk::examine(const request& asked) {
  try {
    auto store = open_();
    auto report = audit_stored(*store, asked.event);
    if (!report)
      return domain::refusal{.reason = domain::rejection::not_found,
                             .detail = "There is no event " + asked.event.value() + "."};
    return to_json(*report);
  } catch (const std::exception& error) { // whatever is wrong with the store, the sale goes on
    log::of("node").warn("{}the audit of {} could not be done: {}", messages::line_start(asked.trace),
                         asked.event.value(), error.what());
    return domain::refusal{.reason = domain::rejection::store_unavailable,
                           .detail = "The audit could not be done; the log of the node says why."};
  }
}

} // namespace usher::node
