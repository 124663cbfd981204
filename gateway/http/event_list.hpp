#pragma once

#include "gateway/http/http_exchange.hpp"

namespace usher::gateway {

/// Answers with the present state of every event.
void list_all_events(const exchange_ptr& exchange);

} // namespace usher::gateway
