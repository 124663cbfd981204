#pragma once

#include "domain/event_settings.hpp"
#include "domain/facts.hpp"
#include "persistence/booking_store.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usher::simulation {

/// What the journal says, kept in the plainest way: beside the domain's own classes, not made of them.
class books {
public:
  /// Where a hold has seats.
  struct part {
    std::vector<domain::seat_no> seats;
    domain::instant until;
    std::optional<domain::order_id> paying_for;
    std::optional<domain::hold_end> ended;
    bool sold = false;

    [[nodiscard]] bool live() const { return !ended && !sold; }
  };
  struct booked_hold {
    domain::buyer_id buyer;
    std::map<domain::section_no, part> parts;
  };
  struct booked_order {
    domain::order_started started;
    domain::order_state state = domain::order_state::started;
    std::set<domain::order_state> visited{domain::order_state::started};
    bool cancel_requested = false;
  };
  struct booked_seat {
    std::optional<domain::hold_id> held;
    std::optional<domain::order_id> sold;
    domain::hold_id sold_from;
    domain::buyer_id owner; ///< of either
    bool blocked = false;

    [[nodiscard]] bool taken() const { return held || sold; }
  };
  using seat_key = std::pair<domain::section_no, domain::seat_no>;

  /// Notes the next fact that was written.
  void note(const persistence::journal_entry& entry);

  [[nodiscard]] const booked_hold* find(domain::hold_id id) const;
  [[nodiscard]] const booked_order* find(domain::order_id id) const;
  [[nodiscard]] const booked_seat& at(domain::section_no section, domain::seat_no number) const;
  [[nodiscard]] const std::map<domain::hold_id, booked_hold>& holds() const noexcept { return holds_; }
  [[nodiscard]] const std::map<domain::order_id, booked_order>& orders() const noexcept { return orders_; }
  [[nodiscard]] const std::map<seat_key, booked_seat>& seats() const noexcept { return seats_; }
  /// Seats that a buyer holds or owns.
  [[nodiscard]] std::uint32_t taken_by(const domain::buyer_id& buyer) const;
  /// Whether this number of the waiting room has been let in.
  [[nodiscard]] bool had_turn(domain::queue_number number) const { return turns_.contains(number); }
  [[nodiscard]] domain::queue_number reserved() const noexcept { return reserved_; }
  [[nodiscard]] const domain::event_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] domain::event_state state() const noexcept { return state_; }
  /// Whether the event ever had these settings, or stood so.
  [[nodiscard]] bool ever_had(const domain::event_settings& settings) const;
  [[nodiscard]] bool ever_was(domain::event_state state) const { return states_.contains(state); }

private:
  void take(const persistence::journal_entry& entry, const domain::seats_held& fact);
  void take(const persistence::journal_entry& entry, const domain::hold_ended& fact);
  void take(const persistence::journal_entry& entry, const domain::payment_started& fact);
  void take(const persistence::journal_entry& entry, const domain::payment_stopped& fact);
  void take(const persistence::journal_entry& entry, const domain::seats_sold& fact);
  void take(const persistence::journal_entry& entry, const domain::seats_returned& fact);
  void take(const persistence::journal_entry& entry, const domain::seats_blocked& fact);
  void take(const persistence::journal_entry& entry, const domain::seats_unblocked& fact);
  void take(const persistence::journal_entry& entry, const domain::event_defined& fact);
  void take(const persistence::journal_entry& entry, const domain::event_state_changed& fact);
  void take(const persistence::journal_entry& entry, const domain::order_started& fact);
  void take(const persistence::journal_entry& entry, const domain::order_advanced& fact);
  void take(const persistence::journal_entry& entry, const domain::order_cancel_requested& fact);
  void take(const persistence::journal_entry& entry, const domain::numbers_reserved& fact);
  void take(const persistence::journal_entry& entry, const domain::turns_taken& fact);
  template <class Fact>
  void take(const persistence::journal_entry&, const Fact&) {} // only in snapshots

  void free(domain::section_no section, const part& of, domain::hold_id id);

  std::map<domain::hold_id, booked_hold> holds_;
  std::map<domain::order_id, booked_order> orders_;
  std::map<seat_key, booked_seat> seats_;
  std::set<domain::queue_number> turns_;
  domain::queue_number reserved_;
  domain::event_settings settings_;
  std::vector<domain::event_settings> former_settings_;
  domain::event_state state_ = domain::event_state::scheduled;
  std::set<domain::event_state> states_{domain::event_state::scheduled};
};

} // namespace usher::simulation
