#pragma once

#include "actors/section_answers.hpp"
#include "actors/shared_epoch.hpp"
#include "domain/order.hpp"
#include "messages/type_ids.hpp"
#include "payments/provider.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/gauge.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace usher::actors {

struct checkout_timing {
  std::chrono::milliseconds first_retry{250}; ///< doubles with each try
  std::chrono::milliseconds last_retry{5'000};
  domain::seconds payment_window{120};           ///< a hold that is being paid for lasts at least this long from now
  std::chrono::milliseconds answer_wait{60'000}; ///< then the provider is asked what became of the payment
  /// How long a provider is asked about an order that was given up before its word that there is no charge is final.
  std::chrono::milliseconds late_money{3'600'000};
  std::chrono::milliseconds late_retry{60'000}; ///< how far apart these questions get
};

/// One section's part of an order.
struct checkout_part {
  section_address section;
  std::vector<domain::priced_seat> seats;
};

/// All a checkout needs to carry one order to its end.
struct checkout_start {
  domain::event_id event;
  domain::order order; ///< as far as it has come
  std::string currency;
  std::vector<checkout_part> parts;
  messages::event_actor event_actor;
  shared_epoch as_of; ///< the event's
  std::shared_ptr<payments::provider> provider;
  checkout_timing timing = {};
  messages::trace_id trace = {}; ///< of the request that began it, for the log
};

/// How many orders of this process have come no further for `domain::order_stuck_after`.
[[nodiscard]] caf::telemetry::int_gauge& stuck_orders(caf::actor_system& system);

/// Starts the actor that carries one order through its saga, from wherever the order stands.
///
/// The event writes each step down before the next one is taken, and each may be repeated: so a checkout that died
/// halfway is simply started again. It ends when the order has reached a final state.
[[nodiscard]] messages::checkout_actor spawn_checkout(caf::actor_system& system, checkout_start start);

} // namespace usher::actors
