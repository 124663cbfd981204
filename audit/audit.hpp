#pragma once

#include "domain/facts.hpp"
#include "domain/seating_plan.hpp"
#include "domain/section.hpp"
#include "persistence/booking_store.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Proves a sale from what is in the store alone: the journal is replayed and compared with the tables.
namespace usher::audit {

/// Something that must never happen. `invariant` is its number in docs/ARCHITECTURE.md, "Invariants"; 0 is the journal
/// itself: gaps, broken chains, unreadable facts, tables that differ from it.
struct violation {
  int invariant = 0;
  domain::shard_id shard;
  domain::fact_seq seq; ///< of the fact where it shows; 0 if it shows in a table or at the end
  std::string sentence;
};

struct section_balance {
  domain::section_no section;
  std::string id; ///< as in the plan
  std::uint32_t capacity = 0;
  domain::section_totals totals;
};

struct audit_report {
  domain::event_id event;
  std::uint64_t facts = 0; ///< read from the journal
  std::vector<section_balance> sections;
  std::uint32_t capacity = 0;
  domain::section_totals totals; ///< of all sections
  /// How many orders are in each state; the index is `order_state`.
  std::array<std::uint64_t, domain::order_states> orders{};
  std::uint64_t violations_found = 0;
  std::vector<violation> violations; ///< the first of them

  [[nodiscard]] bool ok() const noexcept { return violations_found == 0; }
  [[nodiscard]] std::uint64_t orders_in(domain::order_state state) const {
    return orders.at(static_cast<std::size_t>(state));
  }
};

struct audit_limits {
  /// How long after its deadline a hold may end; if nobody served its event then, how long after the next owner's first
  /// fact.
  domain::seconds hold_overrun{10};
  /// How long a hold that is being paid for may outlast its deadline, counted from when its section was started or
  /// claimed anew.
  domain::seconds paying_grace{120};
  /// How many violations are kept; all are counted.
  std::size_t violations = 1000;
};

/// Audits one event, whose plan this is. Reads the store as it is at one moment, so it may run during the sale. Memory
/// is bounded by the event's seats and orders, not by its journal.
[[nodiscard]] audit_report audit(persistence::booking_store& store, const domain::event_id& event,
                                 const domain::shared_plan& plan, const audit_limits& limits = {});

/// Audits one event with the plan that `read_plan` finds at that moment, since plans may be replaced at any time;
/// nothing when it finds none.
[[nodiscard]] std::optional<audit_report> audit(persistence::booking_store& store, const domain::event_id& event,
                                                const std::function<domain::shared_plan()>& read_plan,
                                                const audit_limits& limits = {});

} // namespace usher::audit
