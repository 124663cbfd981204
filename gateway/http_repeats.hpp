#pragma once

#include "gateway/http_exchange.hpp"

#include <string>

namespace usher::gateway {

/// Begins a request with an `Idempotency-Key`: its answer, unless it is a refusal, will be remembered. When the same
/// owner has used the key before, answers what was answered then, or why not, and says false. Without a key: true.
[[nodiscard]] bool begin_or_repeat(http_exchange& exchange, const std::string& owner);

} // namespace usher::gateway
