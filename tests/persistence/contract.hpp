#pragma once

#include "persistence/booking_store.hpp"

#include <functional>
#include <memory>
#include <vector>

/// What every booking store promises: the sentences of persistence/booking_store.hpp.
namespace usher::tests {

/// Makes another connection to one and the same store, which is empty at first.
using connector = std::function<std::unique_ptr<persistence::booking_store>()>;

struct contract_clause {
  const char* sentence;
  void (*check)(const connector&);
};

/// Gives an empty store an event whose first section has three facts, all noted.
void put_noted_journal(persistence::booking_store& store);
/// That store, left by an earlier version and opened by this one, has lost nothing and can do all that this version's
/// can.
void check_upgraded(persistence::booking_store& store);

/// Holds a store to every clause; `fresh` makes an empty store for each.
void check_contract(const std::function<connector()>& fresh);

} // namespace usher::tests
