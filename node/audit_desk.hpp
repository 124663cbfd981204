#pragma once

#include "gateway/node_functions.hpp"
#include "messages/trace.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace usher::persistence {
class booking_store;
}

namespace usher::node {

/// Runs the audits that operators ask for, one after another, on a thread and a connection of its own: an audit reads a
/// whole journal, and nobody else should wait for that.
class audit_desk {
public:
  using opener = std::function<std::unique_ptr<persistence::booking_store>()>;
  using completion = std::function<void(gateway::audit_answer)>;

  explicit audit_desk(opener open);

  /// Calls `done` on the desk's thread; or at once, with `overloaded`, when too many wait already or after `stop`.
  void ask(messages::trace_id trace, const domain::event_id& event, completion done);
  /// Finishes the audit that runs; those that wait are `overloaded`.
  void stop();

private:
  struct request {
    messages::trace_id trace;
    domain::event_id event;
    completion done;
  };

  void work(const std::stop_token& stop);
  gateway::audit_answer examine(const request& asked);

  opener open_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::deque<request> waiting_;
  bool stopped_ = false;
  std::jthread thread_; ///< last: it ends before what it uses
};

} // namespace usher::node
