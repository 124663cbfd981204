#pragma once

#include "domain/facts.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <string>

namespace usher::bench {

/// The `number`-th hold of one section: one seat, with everything about it different from the others.
[[nodiscard]] inline domain::seats_held hold_fact(domain::section_no section, std::uint64_t number,
                                                  domain::instant until) {
  domain::seats_held fact;
  fact.hold = {.high = section.value() + std::uint64_t{1}, .low = number};
  fact.buyer = domain::buyer_id("buyer-" + std::to_string(number));
  fact.seats = {{domain::seat_no(static_cast<std::uint32_t>(number)), 5'000}};
  fact.until = until;
  fact.wish_digest = number;
  return fact;
}

} // namespace usher::bench
