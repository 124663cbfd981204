#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace usher::domain {

/// An amount in minor units (cents) of the event's one currency.
using minor_units = std::int64_t;

/// What a seat costs; nothing while it is not for sale. A seat is free of charge only if somebody has said 0.
using price = std::optional<minor_units>;

/// An amount with its ISO 4217 currency, as buyers and providers see it.
struct money {
  minor_units amount = 0;
  std::string currency;

  friend bool operator==(const money&, const money&) = default;

  template <class Inspector>
  friend bool inspect(Inspector& f, money& x) {
    return f.object(x).fields(f.field("amount", x.amount), f.field("currency", x.currency));
  }
};

} // namespace usher::domain
