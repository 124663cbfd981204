#pragma once

#include "codec/public_names.hpp"
#include "messages/order.hpp"

#include <string>

namespace usher::gateway {

/// The request for an order, the same whichever way it comes: a repeat with the same key finds the same order; one with
/// another hold or method is a mismatch.
[[nodiscard]] messages::start_order order_request(messages::trace_id trace, const domain::buyer_id& buyer,
                                                  const codec::hold_name& hold, const std::string& key,
                                                  const std::string& method);

} // namespace usher::gateway
