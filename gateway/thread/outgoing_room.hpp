#pragma once

#include <caf/telemetry/counter.hpp>

#include <cstddef>

namespace usher::gateway {

class connection_table;
class outgoing_budget;

/// Keeps what one thread has still to send within its budget, at the cost of those connections that have most of it.
class outgoing_room {
public:
  /// `gone` counts the connections that had to end.
  outgoing_room(connection_table& connections, const outgoing_budget& budget, caf::telemetry::int_counter& gone)
      : connections_(connections), budget_(budget), gone_(gone) {}

  /// Call before adding that many bytes to what is to be sent: when the sum would exceed the budget, ends those
  /// connections that have most of it. The caller may be among them.
  void make_for(std::size_t bytes);

private:
  connection_table& connections_;
  const outgoing_budget& budget_;
  caf::telemetry::int_counter& gone_;
};

} // namespace usher::gateway
