#include "node/audit_desk.hpp"

#include "log/log.hpp"
#include "node/audit_printing.hpp"
#include "node/stored_audit.hpp"

#include <optional>

namespace usher::node {
namespace {

domain::refusal no_more_audits(const char* detail) {
  return {.reason = domain::rejection::overloaded, .detail = detail};
}

} // namespace

void audit_desk::ask(messages::trace_id trace, const domain::event_id& event, completion done) {
  auto is_taken = desk_.add({[this, trace, event, done] { done(examine(trace, event)); },
                             [done] { done(no_more_audits("The node is stopping.")); }});
  if (!is_taken)
    done(no_more_audits("Too many audits are waiting."));
}

gateway::audit_answer audit_desk::examine(messages::trace_id trace, const domain::event_id& event) const {
  try {
    auto store = open_();
    auto report = audit_stored(*store, event);
    if (!report)
      return domain::refusal{.reason = domain::rejection::not_found,
                             .detail = "There is no event " + event.value() + "."};
    return to_json(*report);
  } catch (const std::exception& error) { // whatever is wrong with the store, the sale goes on
    log::of("node").warn("{}the audit of {} could not be done: {}", messages::line_start(trace), event.value(),
                         error.what());
    return domain::refusal{.reason = domain::rejection::store_unavailable,
                           .detail = "The audit could not be done; the log of the node says why."};
  }
}

} // namespace usher::node
