#pragma once

#include "domain/event_settings.hpp"
#include "domain/ids.hpp"
#include "domain/seating_plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usher::domain {

/// What an operator says about an event's settings. Whatever is not said stays as it is.
struct settings_change {
  settings_change() = default;
  /// Says everything.
  settings_change(const event_settings& all);

  std::optional<std::string> name;
  std::optional<std::string> currency;
  /// By category, in the order of the plan that the change is meant for; it may be shorter than that plan's list. What
  /// is said of a category may be that it is not for sale.
  std::vector<std::optional<price>> prices;
  std::optional<seconds> hold_ttl;
  std::optional<std::uint32_t> max_seats_per_buyer;
  std::optional<std::uint32_t> admission_per_s;
  std::optional<std::uint32_t> max_shopping;
  std::optional<bool> waiting_room;
  std::optional<bool> refuse_orphans;
  std::optional<seconds> rehold_pause;
  /// What is said of a time may be that there is none.
  std::optional<std::optional<instant>> opens_at;
  std::optional<std::optional<instant>> closes_at;
  std::optional<cancellation_rule> cancellations;
  std::optional<bool> hidden;

  friend bool operator==(const settings_change&, const settings_change&) = default;
};

/// The settings after a change. `before` and `after` are the names of the plan's categories before and after it: prices
/// that nothing is said about follow their category by name, and a new category has none.
[[nodiscard]] event_settings changed(const event_settings& now, const settings_change& change,
                                     const std::vector<std::string>& before, const std::vector<std::string>& after);

/// What an event is called that nobody has named: as its plan, or by its id if the plan has no name.
[[nodiscard]] std::string unnamed(const event_id& event, const seating_plan& plan);

} // namespace usher::domain
