#pragma once

#include "codec/encode.hpp"
#include "domain/seating_plan.hpp"

#include <memory>
#include <string>

/// A small hall for the codec's tests: two rows of four in the stalls, a row of two on the balcony, a floor for 100.
namespace usher::tests {

inline domain::planned_seat planned(std::string guid, std::string number, std::uint16_t category, std::uint16_t row) {
  domain::planned_seat seat;
  seat.guid = std::move(guid);
  seat.number = std::move(number);
  seat.category = domain::category_no{category};
  seat.row = row;
  return seat;
}

inline domain::shared_plan small_hall() {
  domain::section_plan stalls;
  stalls.id = "stalls";
  stalls.name = "Stalls";
  stalls.rows = {"A", "B"};
  for (std::uint16_t row = 0; row < 2; ++row)
    for (int number = 1; number <= 4; ++number)
      stalls.seats.push_back(planned("S-" + stalls.rows[row] + "-" + std::to_string(number), std::to_string(number),
                                     row == 0 ? 0 : 1, row));
  domain::section_plan balcony;
  balcony.id = "balcony";
  balcony.name = "Balcony \"Süd\"";
  balcony.rows = {"A"};
  balcony.seats = {planned("B-1", "1", 1, 0), planned("B-2", "2", 1, 0)};
  domain::section_plan floor;
  floor.id = "floor";
  floor.name = "Floor";
  floor.general_capacity = 100;
  floor.general_category = domain::category_no{2};
  return std::make_shared<const domain::seating_plan>("Small hall", std::vector<std::string>{"Gold", "Silver", "Floor"},
                                                      std::vector<domain::section_plan>{stalls, balcony, floor});
}

inline const domain::event_id rock{"rock"};

inline codec::event_names names_of(const domain::seating_plan& plan) {
  return {rock, plan, "EUR"};
}

inline domain::instant moment_of_test() {
  using namespace std::chrono;
  return sys_days{year{2026} / 11 / 22} + 19h + 30min + 5s + 678ms;
}

} // namespace usher::tests
