#pragma once

#include "gateway/node_functions.hpp"
#include "messages/trace.hpp"
#include "node/work_desk.hpp"

#include <functional>
#include <memory>

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

  explicit audit_desk(opener open) : open_(std::move(open)) {}

  /// Calls `done` on the desk's thread; or at once, with `overloaded`, when too many wait already or after `stop`.
  void ask(messages::trace_id trace, const domain::event_id& event, completion done);
  /// Finishes the audit that runs; those that wait are `overloaded`.
  void stop() { desk_.stop(); }

private:
  [[nodiscard]] gateway::audit_answer examine(messages::trace_id trace, const domain::event_id& event) const;

  const opener open_;
  work_desk desk_; ///< last: it ends before what it uses
};

} // namespace usher::node
