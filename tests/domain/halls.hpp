#pragma once

#include "domain/section.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Small halls, and short words for what happens in them.
namespace usher::domain::test {

inline instant at_ms(std::int64_t ms) {
  return instant{std::chrono::milliseconds{ms}};
}

inline instant at(std::int64_t s) {
  return instant{seconds{s}};
}

inline hold_id hold_number(std::uint64_t n) {
  return {.high = 0, .low = n};
}

inline order_id order_number(std::uint64_t n) {
  return {.high = 0, .low = n};
}

inline const buyer_id ada{"ada"};
inline const buyer_id ben{"ben"};

inline std::vector<seat_no> seats(std::initializer_list<std::uint32_t> numbers) {
  std::vector<seat_no> result;
  for (auto n : numbers)
    result.emplace_back(n);
  return result;
}

/// The seats of a fact or a hold without their prices.
template <class Seats>
std::vector<seat_no> unpriced(const Seats& priced) {
  std::vector<seat_no> result;
  for (const auto& x : priced)
    result.push_back(x.seat);
  return result;
}

/// Rows of seats at distance 1 in a row and `row_distance` between rows. `categories` says each
/// row's category, the last one for all further rows.
inline section_plan rows_of(std::initializer_list<std::uint32_t> lengths, std::vector<std::uint16_t> categories = {0},
                            double row_distance = 1) {
  section_plan plan{.id = "stalls", .name = "Stalls"};
  for (auto length : lengths) {
    auto row = static_cast<std::uint16_t>(plan.rows.size());
    plan.rows.push_back(std::to_string(row + 1));
    for (std::uint32_t i = 0; i < length; ++i)
      plan.seats.push_back({.guid = "R" + std::to_string(row + 1) + "-" + std::to_string(i + 1),
                            .number = std::to_string(i + 1),
                            .category = category_no{categories[std::min<std::size_t>(row, categories.size() - 1)]},
                            .row = row,
                            .position = {.x = static_cast<double>(i), .y = row_distance * row}});
  }
  return plan;
}

inline section_plan floor_of(std::uint32_t capacity) {
  return {.id = "floor", .name = "Floor", .general_capacity = capacity, .general_category = category_no{1}};
}

inline shared_plan hall(section_plan only) {
  std::vector<section_plan> sections;
  sections.push_back(std::move(only));
  return std::make_shared<const seating_plan>("hall", std::vector<std::string>{"near", "far"}, std::move(sections));
}

inline section empty_section(section_plan plan) {
  return section{hall(std::move(plan)), section_no{0}};
}

inline const section_terms plain_terms{.prices = {5000, 3000}};
inline const section_terms no_orphans{.prices = {5000, 3000}, .refuse_orphans = true};

/// A section with short names for the usual steps and a memory of what happened.
struct stage {
  explicit stage(section_plan plan) : shared(hall(std::move(plan))), here(shared, section_no{0}) {}

  template <class Fact>
  bool happen(const decision<Fact>& decided) {
    const auto* fact = granted(decided);
    if (fact == nullptr)
      return false;
    here.apply(*fact);
    journal.emplace_back(*fact);
    return true;
  }

  decision<seats_held> ask(std::uint64_t id, const wish& wanted, const buyer_id& buyer = ada, instant until = at(300)) {
    return here.hold(hold_number(id), buyer, wanted, 1, plain_terms, until);
  }
  bool hold(std::uint64_t id, std::initializer_list<std::uint32_t> wanted, const buyer_id& buyer = ada,
            instant until = at(300)) {
    return happen(ask(id, seats_wish{seats(wanted)}, buyer, until));
  }
  bool hold_any(std::uint64_t id, std::uint32_t quantity, const buyer_id& buyer = ada) {
    return happen(ask(id, quantity_wish{quantity}, buyer));
  }
  bool release(std::uint64_t id, const buyer_id& buyer = ada) { return happen(here.release(hold_number(id), buyer)); }
  bool pay(std::uint64_t id, std::uint64_t order, instant until = at(900), const buyer_id& buyer = ada) {
    return happen(here.start_payment(hold_number(id), buyer, order_number(order), at(0), until));
  }
  bool sell(std::uint64_t id, std::uint64_t order, const std::vector<priced_seat>& wanted,
            const buyer_id& buyer = ada) {
    return happen(here.sell(hold_number(id), order_number(order), buyer, wanted));
  }
  /// Sells what is held.
  bool sell(std::uint64_t id, std::uint64_t order, const buyer_id& buyer = ada) {
    auto wanted = here.find(hold_number(id))->seats;
    return sell(id, order, wanted, buyer);
  }

  section replayed() const {
    section fresh{shared, section_no{0}};
    for (const auto& x : journal)
      fresh.apply(x);
    return fresh;
  }
  section from_snapshot() const {
    section fresh{shared, section_no{0}};
    for (const auto& x : here.snapshot())
      fresh.apply(x);
    return fresh;
  }

  shared_plan shared;
  section here;
  std::vector<fact> journal;
};

/// Why a decision was refused; a success is not a refusal and never equals one.
template <class Fact>
std::optional<rejection> why(const decision<Fact>& x) {
  const auto* r = refused(x);
  return r == nullptr ? std::nullopt : std::optional{r->reason};
}

} // namespace usher::domain::test
