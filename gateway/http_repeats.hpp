#pragma once

#include "gateway/http_exchange.hpp"

#include <string>

namespace usher::gateway {

/// Whether this request must be carried out. When its `Idempotency-Key` was used by the same owner before, answers
/// what was answered then (or why not) and says false; otherwise the coming answer is remembered. Without a key: true.
[[nodiscard]] bool first_time(http_exchange& exchange, const std::string& owner);

} // namespace usher::gateway
