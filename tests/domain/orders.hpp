#pragma once

#include "domain/event.hpp"
#include "tests/domain/halls.hpp"

#include <cstdint>
#include <initializer_list>

/// An event's orders and their steps.
namespace usher::domain::test {

inline order_started order_of(std::uint64_t order, std::uint64_t hold, const buyer_id& buyer = ada) {
  return {.order = order_number(order),
          .hold = hold_number(hold),
          .buyer = buyer,
          .seats = {{section_no{0}, seat_no{4}, 5000}, {section_no{2}, seat_no{0}, 3000}},
          .total = 8000,
          .method = "card",
          .key = "key",
          .request_digest = 77,
          .at = at(order)};
}

/// Has an order take these steps.
inline void go(event& x, std::uint64_t order, std::initializer_list<order_state> states) {
  for (auto state : states)
    x.apply(*granted(x.advance_order(order_number(order), state, "why", at(1))));
}

/// An event after a restart.
inline event from_snapshot(const event& x) {
  event fresh;
  for (const auto& fact : x.snapshot())
    fresh.apply(fact);
  return fresh;
}

} // namespace usher::domain::test
