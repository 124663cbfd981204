#pragma once

#include "gateway/http/http_exchange.hpp"
#include "gateway/http/idempotency.hpp"

#include <string>

namespace usher::gateway {

/// Whether the `Idempotency-Key` is short enough; else refuses the request.
[[nodiscard]] bool may_be_key(http_exchange& exchange);

/// Begins a request with an `Idempotency-Key`: its answer, unless it is a refusal, will be remembered. If the same
/// owner has used the key before, repeats that answer, or says why it cannot, and returns false. Without a key: true.
/// The table outlives the exchange.
[[nodiscard]] bool begin_or_repeat(http_exchange& exchange, idempotency_table& repeats, const std::string& owner);

} // namespace usher::gateway
