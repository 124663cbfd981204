#pragma once

#include "node/admin_client.hpp"
#include "node/node_access.hpp"
#include "node/verbs.hpp"

#include <boost/json/value.hpp>

#include <iosfwd>
#include <optional>
#include <string>

/// Shared by the `event` verbs.
namespace usher::node {

/// The node that a verb speaks to, and the event it is about.
struct event_verb {
  node_access node;
  std::string event;
  bool as_json = false;

  [[nodiscard]] admin_client client() const { return client_of(node); }
  [[nodiscard]] std::string target(const std::string& more = {}) const { return "/admin/v1/events/" + event + more; }
};

/// Declares `ID` (`with_event`), how to get at the node, and `--json`.
void declare_where(CLI::App& verb, event_verb& to, bool with_event = true);

/// Prints the node's answer as JSON, or as `for_people` does.
exit_code print(const event_verb& to, const boost::json::value& answer,
                void (*for_people)(const boost::json::value&, std::ostream&));

/// Adds a member if a value was given.
template <class Value>
void put_if(boost::json::object& into, const char* name, const std::optional<Value>& value) {
  if (value)
    into[name] = *value;
}

// ---- the verbs that give settings ----

void declare_create(CLI::App& event, action& chosen);
void declare_set(CLI::App& event, action& chosen);
void declare_rate(CLI::App& event, action& chosen);

// ---- the verbs about orders ----

void declare_orders(CLI::App& event, action& chosen);
void declare_refund(CLI::App& event, action& chosen);

} // namespace usher::node
