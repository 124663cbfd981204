#include "persistence/row_changes.hpp"

namespace usher::persistence {

using namespace usher::domain;

void append_seat_changes(const journal_entry& entry, std::vector<seat_change>& changes) {
  auto section = entry.shard.section;
  if (const auto* sale = std::get_if<seats_sold>(&entry.fact)) {
    for (const auto& seat : sale->seats)
      changes.push_back({section, seat.seat, seat.version, true, sale->order, &sale->buyer, seat.price});
  } else if (const auto* back = std::get_if<seats_returned>(&entry.fact)) {
    for (const auto& seat : back->seats)
      changes.push_back({section, seat.seat, seat.version, false, back->order, nullptr, seat.price});
  }
}

std::optional<order_change> order_change_of(const journal_entry& entry) {
  if (const auto* start = std::get_if<order_started>(&entry.fact))
    return order_change{start->order, start, order_state::started};
  if (const auto* step = std::get_if<order_advanced>(&entry.fact))
    return order_change{step->order, nullptr, step->state};
  return std::nullopt;
}

} // namespace usher::persistence
