#pragma once

#include "gateway/http_exchange.hpp"

namespace usher::gateway {

/// Answers with every event, as it stands.
void list_all_events(const exchange_ptr& exchange);

} // namespace usher::gateway
