#pragma once

#include "payments/provider.hpp"

#include <future>
#include <memory>

/// Calls to a provider that wait for their answer.
namespace usher::tests {

/// Runs `call` with a completion and waits for its answer.
template <class Call>
payments::answer awaited(Call call) {
  auto told = std::make_shared<std::promise<payments::answer>>();
  call([told](payments::answer x) { told->set_value(std::move(x)); });
  return told->get_future().get();
}

inline payments::outcome charge(payments::provider& who, const std::string& key, const std::string& method = "card",
                                domain::minor_units amount = 8950) {
  return awaited([&](payments::completion done) {
           who.charge({key, {amount, "EUR"}, method}, std::move(done));
         })
      .result;
}

inline payments::outcome status(payments::provider& who, const std::string& key) {
  return awaited([&](payments::completion done) { who.status(key, std::move(done)); }).result;
}

inline payments::outcome refund(payments::provider& who, const std::string& key) {
  return awaited([&](payments::completion done) { who.refund(key, std::move(done)); }).result;
}

/// Asks as a checkout does until the outcome is known: charge, and if that is unknown, status.
inline payments::outcome settle(payments::provider& who, const std::string& key) {
  auto known = charge(who, key);
  while (known == payments::outcome::unknown || known == payments::outcome::never_asked)
    known = known == payments::outcome::unknown ? status(who, key) : charge(who, key);
  return known;
}

} // namespace usher::tests
