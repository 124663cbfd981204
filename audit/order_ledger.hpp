#pragma once

#include "audit/findings.hpp"
#include "audit/section_ledger.hpp"
#include "domain/event.hpp"
#include "persistence/booking_store.hpp"

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::audit {

/// The audit's own book of an event's orders, kept beside the domain's.
class order_ledger {
public:
  order_ledger(domain::shard_id shard, audit_findings& findings, std::optional<persistence::stored_snapshot> snapshot);

  void read(const persistence::examined_entry& entry, const domain::fact& fact);
  void finish();

  /// Every sold seat belongs to an order that was charged, and every order has what it paid for.
  void compare_with(const std::map<domain::section_no, section_ledger>& sections);
  void compare_with(const std::vector<persistence::order_row>& table);
  void count_states(audit_report& report) const;

private:
  struct order_record {
    domain::order_started started;
    domain::order_state state = domain::order_state::started;
    bool charged = false; ///< now or earlier
    bool confirmed = false;
    bool cancel_requested = false; ///< before it was confirmed
    std::size_t seats_owned = 0;   ///< how many of its seats it owns now
  };
  using entry_type = persistence::examined_entry;

  void note(const entry_type& entry, const domain::order_started& fact);
  void note(const entry_type& entry, const domain::order_advanced& fact);
  void note(const entry_type& entry, const domain::order_cancel_requested& fact);
  void note(const entry_type&, const domain::event_defined&) {}
  void note(const entry_type&, const domain::event_state_changed&) {}
  template <class Fact>
  void note(const entry_type& entry, const Fact& fact);
  void replay(const entry_type& entry, const domain::fact& fact, bool contradicted);
  void compare_snapshot(const entry_type& entry);
  void count_owner(const section_ledger::seat_record& seat, domain::section_no section, domain::seat_no number);

  domain::shard_id shard_;
  audit_findings& findings_;
  std::optional<persistence::stored_snapshot> snapshot_;
  std::optional<domain::event> event_; ///< the domain's book; gone after a fact that it cannot apply
  std::unordered_map<domain::order_id, order_record> orders_;
  domain::fact_seq last_;
};

} // namespace usher::audit
