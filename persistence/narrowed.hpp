#pragma once

#include "domain/facts.hpp"
#include "persistence/booking_store.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace usher::persistence {

/// A column's number as the type from which it was written; `store_broken` when it does not fit, or is above `most`.
template <std::unsigned_integral Number>
[[nodiscard]] Number narrowed(std::int64_t number, Number most = std::numeric_limits<Number>::max()) {
  if (!std::in_range<Number>(number) || static_cast<Number>(number) > most)
    throw store_broken("a number in the store is out of range: " + std::to_string(number));
  return static_cast<Number>(number);
}

[[nodiscard]] inline domain::order_state order_state_of(std::int64_t number) {
  constexpr auto last = static_cast<std::uint8_t>(domain::order_state::given_up);
  return static_cast<domain::order_state>(narrowed<std::uint8_t>(number, last));
}

} // namespace usher::persistence
