#pragma once

#include "audit/event_activity.hpp"
#include "audit/findings.hpp"
#include "domain/section.hpp"
#include "persistence/booking_store.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace usher::audit {

/// The audit's own book of one section, kept beside the domain's: it notes what a fact did without trusting it, and
/// both books must agree after every fact.
class section_ledger {
public:
  struct seat_record {
    domain::seat_state state = domain::seat_state::free; ///< never `paying`: that is a held seat
    std::uint32_t version = 0;                           ///< of the latest sale or return; 0 if never sold
    domain::hold_id hold;                                ///< while held, and of the last sale
    domain::order_id order;                              ///< of the last sale
    domain::buyer_id buyer;                              ///< of the last sale
    domain::minor_units price = 0;                       ///< of the last sale
  };

  section_ledger(domain::shard_id shard, domain::shared_plan plan, audit_findings& findings,
                 std::optional<persistence::stored_snapshot> snapshot);

  /// Notes the shard's next fact.
  void read(const persistence::examined_entry& entry, const domain::fact& fact);
  /// Checks what shows only once the whole journal, and the event's other shards, have been read.
  void finish(const event_activity& served);

  [[nodiscard]] const domain::section_totals& totals() const noexcept { return totals_; }
  /// By number, including those that only earlier plans had.
  [[nodiscard]] const std::vector<seat_record>& seats() const noexcept { return seats_; }

private:
  struct live_hold {
    domain::buyer_id buyer;
    std::vector<domain::seat_no> seats;
    domain::instant promised;
    domain::instant until;
    bool is_paying = false;
  };
  struct late_end {
    domain::hold_id hold;
    domain::instant until;
    domain::instant at;   ///< when it ended, or was last seen
    domain::fact_seq seq; ///< none if it never ended
    bool is_paying = false;
  };
  using entry_type = persistence::examined_entry;

  void note(const entry_type& entry, const domain::seats_held& fact);
  void note(const entry_type& entry, const domain::hold_ended& fact);
  void note(const entry_type& entry, const domain::payment_started& fact);
  void note(const entry_type& entry, const domain::payment_stopped& fact);
  void note(const entry_type& entry, const domain::seats_sold& fact);
  void note(const entry_type& entry, const domain::seats_returned& fact);
  void note(const entry_type& entry, const domain::seats_blocked& fact);
  void note(const entry_type& entry, const domain::seats_unblocked& fact);
  template <class Fact>
  void note(const entry_type& entry, const Fact& fact);

  void extend(const entry_type& entry, domain::hold_id hold, domain::instant until, bool is_paying);
  void end_hold(const entry_type& entry, domain::hold_id hold);
  void judge(const late_end& late, const event_activity& served);
  /// The seat's record, or null when the section has no such seat.
  seat_record* find(const entry_type& entry, domain::seat_no seat);
  void move(seat_record& record, domain::seat_state to);
  std::uint32_t& count(domain::seat_state state);
  void replay(const entry_type& entry, const domain::fact& fact, bool contradicted);
  void compare_books(const entry_type& entry);
  void compare_snapshot(const entry_type& entry);
  void find_fault(int invariant, const entry_type& entry, std::string sentence);

  domain::shard_id shard_;
  domain::shared_plan plan_;
  const domain::section_plan* here_; ///< in `plan_`
  audit_findings& findings_;
  std::optional<persistence::stored_snapshot> snapshot_;
  std::optional<domain::section> section_; ///< the domain's book; gone after a fact that it cannot apply
  std::vector<seat_record> seats_;
  std::unordered_map<domain::hold_id, live_hold> holds_;
  domain::section_totals totals_;
  domain::fact_seq last_;
  std::vector<late_end> late_ends_; ///< the end shows whether anybody is to blame for them
};

} // namespace usher::audit
