#pragma once

#include "gateway/http/http_exchange.hpp"

#include <span>
#include <string>
#include <string_view>

namespace usher::gateway {

/// Whether a page of `origin` may use the buyers' port: it is on the list (`*` lists all), or it was served under the
/// very `host` that it asks, for instance by the proxy in front.
[[nodiscard]] bool may_use(std::string_view origin, std::string_view host, std::span<const std::string> allowed);

/// Lets a page of `origin` read the answer (the Fetch standard's CORS protocol). Also for refusals: without it a page
/// sees "network error" where it should see a 429.
void share_with(http_reply& reply, const std::string& origin);

/// The answer to a page that asks what it may send.
[[nodiscard]] http_reply preflight_answer();

} // namespace usher::gateway
