#include "gateway/thread/order_request.hpp"

#include <array>
#include <string_view>

namespace usher::gateway {

messages::start_order order_request(messages::trace_id trace, const domain::buyer_id& buyer,
                                    const codec::hold_name& hold, const std::string& key, const std::string& method) {
  auto name = to_string(hold);
  std::array<std::string_view, 2> content{name, method};
  return {trace,     hold.event, codec::derive_order_id(buyer, hold.event, key),
          hold.hold, buyer,      hold.sections,
          method,    key,        codec::digest(content)};
}

} // namespace usher::gateway
